import { StixTaxiiError } from '../core/errors.ts'
import type { Logpoint } from '../director/client.ts'
import type { OutputRecord } from '../output/writer.ts'
import type { DirectorProfile, TaxiiProfile } from '../profile/profile.ts'
import { pluginDefinitionOf } from '../workflow/plugin-definition.ts'
import { createOn } from './director-create-source.ts'
import { rowRecord, rowsOfTargets } from './director-rows.ts'
import { refuseLacks } from './director-source-argument.ts'
import { holdKnowledge } from './director-sources.ts'
import { failureOfTargets, wantedLogpoints } from './director-targets.ts'
import type { DirectorParts } from './director-targets.ts'
import type { Runtime } from './runtime.ts'
import { wantedDirector } from './wanted-director.ts'

/** Where `configure taxii ... --on` goes on to create the source. */
export interface ConfigureTargets {
  readonly director: DirectorProfile
  readonly logpoints: readonly Logpoint[]
}

type Parts = DirectorParts & Pick<Runtime, 'folders' | 'credentials'>

/** The Director and Logpoints that `--on` of `configure taxii` means. */
export async function targetsOfConfigure(on: readonly string[], parts: Parts): Promise<ConfigureTargets> {
  const director = await wantedDirector({}, parts)
  return { director, logpoints: wantedLogpoints(director, on, 'one') }
}

/**
 * Creates the source of a profile that has just been saved, as `director source create NAME --if-absent` does: the rows, and
 * the failure they end in.
 */
export async function createConfigured(
  profile: TaxiiProfile,
  { director, logpoints }: ConfigureTargets,
  parts: Parts,
): Promise<{ readonly records: readonly OutputRecord[]; readonly failure: StixTaxiiError | undefined }> {
  try {
    const { source, lacks } = await pluginDefinitionOf(profile, { credentials: await parts.credentials() })
    refuseLacks(profile, lacks)
    for (const { message } of lacks) parts.notices({ code: 'CLI_PLUGIN_LACKS', message: `${profile.name}: ${message}` })
    await using connection = await parts.connectDirector(director, parts.signal)
    const { client } = connection
    const flags = { wait: true, verify: true }
    const doing = { parallel: 4, doing: 'Creating on' }
    const rows = await holdKnowledge(parts, (knowledge) => {
      const request = { director, client, knowledge, source, saved: profile, ifAbsent: true, flags }
      return rowsOfTargets(logpoints, doing, parts, createOn(request, parts))
    })
    return { records: rows.map((row) => rowRecord(parts.output.format, row)), failure: failureOfTargets(rows) }
  } catch (error) {
    if (!(error instanceof StixTaxiiError) || error.kind === 'cancelled' || error.kind === 'internal') throw error
    return { records: [], failure: error }
  }
}

/** A Director profile is created on no Logpoint. @throws PROFILE_FLAG_INVALID (usage) */
export function refuseTargets(on: readonly string[] | undefined): void {
  if (on === undefined) return
  throw new StixTaxiiError('PROFILE_FLAG_INVALID', '--on belongs to taxii profiles', {
    kind: 'usage',
    hint: 'Write: stixtaxii configure taxii NAME --on acme/lp1',
  })
}
