import { failureOfPreflight, preflight } from '../workflow/preflight.ts'
import type { DesiredSource } from '../provision/resolve-desired.ts'
import type { TaxiiProfile } from '../profile/profile.ts'
import type { Fleet, FleetParts } from './fleet.ts'
import type { Runtime } from './runtime.ts'
import { blankSource } from './source-definition.ts'

/**
 * Fetches every source of the desired state once, with just the fields that the plugin has, and says how that went.
 * @throws WORKFLOW_PREFLIGHT_FAILED for the first that fails
 */
export async function testSources(
  { desired }: Fleet,
  parts: FleetParts & Pick<Runtime, 'connect' | 'pluginFetch'>,
): Promise<void> {
  const { connect, signal, terminal, progress } = parts
  const different = new Map<string, DesiredSource>()
  for (const { sources } of desired.logpoints) {
    for (const source of sources) {
      const { secrets, known } = source.defined
      // Where it goes and as whom; how far back and how often does not make another feed of it.
      const { discoveryUrl, basic, stixVersion, certificate, proxy } = known
      const id = JSON.stringify([discoveryUrl, basic, stixVersion, certificate, proxy, secrets])
      if (source.ensure === 'present' && !different.has(id)) different.set(id, source)
    }
  }
  const dependencies = { ...(await parts.pluginFetch()), credentials: await parts.credentials(), connect }
  for (const source of different.values()) {
    const profile = profileOf(source, desired.files)
    const task = progress.start(`Fetching ${profile.url} as the plugin would`)
    const report = await preflight(profile, dependencies, { signal }).finally(() => task.done())
    const failure = failureOfPreflight(report)
    if (failure) throw failure
    terminal.note(`source ${source.key} works: ${report.objects}${report.atLeast ? ' objects and more' : ' objects'}`)
  }
}

/** The definition as a profile that is not kept. Certificates are those of the file. */
function profileOf({ key, defined }: DesiredSource, files: Fleet['desired']['files']): TaxiiProfile {
  const { known, secrets } = defined
  const { basic, certificate, proxy } = known
  const localOf = (name: string): string | undefined => files.find((file) => file.name === name)?.local.path
  const password = secrets.password === undefined || secrets.password.from === 'none' ? null : secrets.password
  const passphrase = secrets.keyPassphrase?.from === 'none' ? undefined : secrets.keyPassphrase
  const certificatePath = localOf(certificate.certificateFile)
  return {
    ...blankSource(key, known.discoveryUrl),
    stixVersion: known.stixVersion === '1' ? '1' : '2',
    authentication: basic.use ? { scheme: 'basic', username: basic.username, password } : { scheme: 'none' },
    useBasic: basic.use,
    ...(certificate.use && certificatePath !== undefined
      ? {
          certificate: {
            certificate: certificatePath,
            key: localOf(certificate.keyFile),
            passphrase,
            use: true,
            location: certificate.location ?? 'private',
          },
        }
      : {}),
    ...(proxy.use ? { proxy: { url: `${proxy.protocol}://${proxy.host}:${proxy.port}`, use: true } } : {}),
  }
}
