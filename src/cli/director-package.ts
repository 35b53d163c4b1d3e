import { basename } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'

/** Refuses what is no application package by its name. @throws DIRECTOR_PACKAGE_NAME (usage) */
export function checkPackageName(path: string): string {
  const name = basename(path)
  if (/^.+\.pak$/i.test(name)) return name
  throw new StixTaxiiError(
    'DIRECTOR_PACKAGE_NAME',
    `"${name}" is no application package: its name does not end in .pak`,
    {
      kind: 'usage',
      hint: 'Name the package as Logpoint gave it, as StixTaxii_6.1.0.pak. Certificates go by: stixtaxii director certificate upload',
      context: { file: name },
    },
  )
}

/** The version in a package's name: `6.1.0` of `StixTaxii_6.1.0.pak`. */
export function packageVersion(name: string): string | undefined {
  return /_v?(\d+(?:\.\d+)+)\.pak$/i.exec(name)?.[1]
}
