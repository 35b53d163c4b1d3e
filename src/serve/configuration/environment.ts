import type { Way } from '../../core/yaml-document.ts'

/** Every environment variable that says something of the configuration begins with this. */
export const environmentPrefix = 'STIXTAXII_SERVER__'

export interface EnvironmentSetting {
  readonly name: string
  readonly way: Way
  readonly text: string
}

/**
 * What the environment says: `STIXTAXII_SERVER__TAXII2__MAX_PAGE_SIZE` is `max_page_size` in `taxii2`. In order of name.
 */
export function environmentSettings(
  environment: Readonly<Record<string, string | undefined>>,
): readonly EnvironmentSetting[] {
  return Object.entries(environment)
    .flatMap(([name, text]) =>
      name.startsWith(environmentPrefix) && text !== undefined
        ? [{ name, text, way: name.slice(environmentPrefix.length).toLowerCase().split('__') }]
        : [],
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** The name of the variable for a place in the file. */
export function variableOf(way: Way): string {
  return environmentPrefix + way.join('__').toUpperCase()
}
