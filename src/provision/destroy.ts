import { StixTaxiiError } from '../core/errors.ts'
import { makePlan, type PlanInputs } from './make-plan.ts'
import { storageKey } from './observe.ts'
import { poolOf, trashTargets } from './plan-storage.ts'
import type { Plan } from './plan.ts'

/**
 * What takes everything away that the file describes or that was made from it: sources, then plugins that no other source
 * uses, then packages, then certificates. Sources that the file does not know are left alone.
 */
export function planDestroy(inputs: PlanInputs): Plan {
  const { desired, director, state } = inputs
  const absent: PlanInputs = {
    ...inputs,
    desired: {
      ...desired,
      removed: 'delete',
      files: [],
      logpoints: desired.logpoints.map(({ logpoint, plugin, sources }) => ({
        logpoint,
        plugin: plugin && 'absent',
        sources: sources.map((source) => ({ ...source, ensure: 'absent' }) as const),
      })),
    },
  }
  const plan = makePlan(absent)
  const logpoints = plan.targets.filter(({ phase }) => phase === 'logpoint')
  const named = desired.files.map(({ kind, storage, name, local }) => {
    return { kind, pool: poolOf(storage), name, lengthBytes: local.lengthBytes, sha256: local.sha256, storage }
  })
  const names = new Set(named.map((file) => `${file.kind} ${storageKey(file.storage)} ${file.name}`))
  const recorded = state.files.filter(
    (record) =>
      record.fleet === desired.fleet &&
      record.director === director &&
      !names.has(`${record.kind} ${record.pool ?? 'public'} ${record.name}`),
  )
  const files = [...named, ...recorded].sort(
    (a, b) => Number(a.kind === 'certificate') - Number(b.kind === 'certificate'),
  )
  return { ...plan, targets: [...logpoints, ...trashTargets(files, absent, { removed: 'delete', logpoints })] }
}

/**
 * Refuses to destroy without the name of the desired state.
 * @throws PROVISION_NOT_CONFIRMED (usage)
 */
export function checkConfirmation(fleet: string, typed: string | undefined): void {
  if (typed === fleet) return
  const message =
    typed === undefined
      ? `To destroy "${fleet}" its name has to be typed`
      : `"${typed}" is not the name of this desired state`
  throw new StixTaxiiError('PROVISION_NOT_CONFIRMED', message, {
    kind: 'usage',
    hint: `Nothing was sent. In a script: --confirm ${fleet}`,
    context: { fleet },
  })
}
