import { StixTaxiiError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { printable } from '../core/printable.ts'
import type { DirectorClient, Logpoint, Storage } from '../director/client.ts'
import type { EnrichmentSource } from '../director/enrichment-source.ts'
import { describeStorage } from './director-storage.ts'

/**
 * Makes the check that a source's two files are where it says, asking each storage once. Names are case-sensitive to
 * Director (API reference, section 9 row 11).
 * @throws DIRECTOR_CERTIFICATE_HALF (usage) when only one is named; DIRECTOR_CERTIFICATE_MISSING (not-found)
 */
export function certificateCheck(
  client: Pick<DirectorClient, 'certificates'>,
  signal: AbortSignal,
): (source: EnrichmentSource, logpoint: Logpoint) => Promise<void> {
  const listings = new Map<string, Promise<readonly string[]>>()
  return async ({ certificate }, { pool }) => {
    if (!certificate.use) return
    const { certificateFile, keyFile, location } = certificate
    if (certificateFile === '' || keyFile === '') throw half(certificateFile === '' ? '--certificate' : '--key')
    const storage: Storage = location === 'public' ? { location } : { location, pool }
    const key = location === 'public' ? '' : pool.id
    const listing = listings.get(key) ?? client.certificates.list(storage, { signal })
    listings.set(key, listing)
    const names = await listing
    const missing = [certificateFile, keyFile].filter((name) => !names.includes(name))
    const [first] = missing
    if (first !== undefined) throw notThere(first, names, storage)
  }
}

function half(flag: string): StixTaxiiError {
  return new StixTaxiiError('DIRECTOR_CERTIFICATE_HALF', `The other half of the certificate is missing: ${flag}`, {
    kind: 'usage',
    hint: 'The plugin takes certificate and key as two files: --certificate client.crt --key client.key',
    context: { flag },
  })
}

function notThere(name: string, names: readonly string[], storage: Storage): StixTaxiiError {
  const otherCase = names.find((each) => each.toLowerCase() === name.toLowerCase())
  const near = otherCase ?? nearestName(name, names)
  const place = storage.location === 'public' ? ' --public' : ` --pool ${storage.pool.name}`
  return new StixTaxiiError('DIRECTOR_CERTIFICATE_MISSING', `"${name}" is not in ${describeStorage(storage)}`, {
    kind: 'not-found',
    hint: otherCase
      ? `There is "${printable(otherCase)}": names differ by case. Name it so.`
      : `${near ? `Did you mean "${printable(near)}"? ` : ''}Upload it first: stixtaxii director certificate upload ${name}${place}`,
    context: { file: name, nearest: near },
  })
}
