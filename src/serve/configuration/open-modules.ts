import { StixTaxiiError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'
import type { Authentication } from '../authentication.ts'
import { findModule, openModule } from '../load-module.ts'
import type { ServerLog } from '../server-log.ts'
import { openHooks, type Hooks } from '../signals/hooks.ts'
import type { Taxii1Persistence } from '../taxii1-persistence.ts'
import type { Taxii2Persistence } from '../taxii2-persistence.ts'
import type { NamedModule, ServeConfiguration } from './configuration.ts'

/** What a module's export is called with after its parameters. */
export interface ModuleParts {
  /** What it is opened for: one that both families name is called once for each. */
  readonly role: 'authentication' | 'taxii1' | 'taxii2'
  readonly clock: Clock
  /** The program's own classes: those of an installed library are others, and open nothing of it. */
  readonly Secret: typeof Secret
  readonly StixTaxiiError: typeof StixTaxiiError
}

/** What stands in the place of the built-in parts; whoever opened it closes it. */
export interface OpenedModules {
  readonly authentication?: Authentication | undefined
  readonly taxii1?: Taxii1Persistence | undefined
  readonly taxii2?: Taxii2Persistence | undefined
  readonly hooks: readonly Hooks[]
}

export interface ModuleDependencies {
  readonly clock: Clock
  readonly log: ServerLog
  /** The user we run as; undefined where users have no number. */
  readonly uid: number | undefined
}

/**
 * Finds, judges and opens the modules that a configuration names; none is opened before all are found safe.
 * @throws SERVE_MODULE_MISSING, SERVE_MODULE_EXPOSED, SERVE_MODULE_FAILED, SERVE_HOOKS_FAILED (config)
 */
export async function openServeModules(
  { file, modules }: ServeConfiguration,
  { clock, log, uid }: ModuleDependencies,
): Promise<OpenedModules> {
  const find = async (named: NamedModule | undefined, fallbackExport = 'open') =>
    named && findModule({ ...named, fallbackExport, configuration: file, uid })
  const found = {
    authentication: await find(modules.authentication),
    taxii1: await find(modules.taxii1),
    taxii2: await find(modules.taxii2),
  }
  const hooks = await Promise.all(modules.hooks.map((named) => find(named, 'register')))
  const opened: AsyncDisposable[] = []
  const kept = <Opened extends AsyncDisposable>(one: Opened): Opened => {
    opened.push(one)
    return one
  }
  const openAs = async <Opened extends AsyncDisposable>(role: ModuleParts['role']): Promise<Opened | undefined> => {
    const module = found[role]
    return (
      module &&
      kept(
        await openModule<Opened>(
          module,
          { role, clock, Secret, StixTaxiiError } satisfies ModuleParts,
          methodsOf[role],
        ),
      )
    )
  }
  try {
    const authentication = await openAs<Authentication>('authentication')
    const taxii1 = await openAs<Taxii1Persistence>('taxii1')
    const taxii2 = await openAs<Taxii2Persistence>('taxii2')
    const registered: Hooks[] = []
    for (const module of hooks) if (module) registered.push(kept(await openHooks(module, { clock, log })))
    return { authentication, taxii1, taxii2, hooks: registered }
  } catch (error) {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]()
    throw error
  }
}

/** What every one of them has to have; checked when it is opened, not when a request needs it. */
const methodsOf: Readonly<Record<ModuleParts['role'], readonly string[]>> = {
  authentication: [
    'authenticate',
    'getAccount',
    'verify',
    'createAccount',
    'updateAccount',
    'getAccounts',
    'deleteAccount',
  ],
  taxii1: [
    'createService',
    'updateService',
    'deleteService',
    'getServices',
    'getService',
    'createCollection',
    'updateCollection',
    'deleteCollection',
    'attachCollectionToServices',
    'setCollectionServices',
    'getCollections',
    'getCollection',
    'createInboxMessage',
    'getInboxMessage',
    'createContentBlocks',
    'getContentBlocksCount',
    'getContentBlocks',
    'newestLabel',
    'deleteContentBlocks',
    'createResultSet',
    'getResultSet',
    'extendResultSet',
    'createSubscription',
    'updateSubscription',
    'getSubscription',
    'getSubscriptions',
    'getDomain',
  ],
  taxii2: [
    'nextParam',
    'parseNextParam',
    'getApiRoots',
    'getApiRoot',
    'createApiRoot',
    'updateApiRoot',
    'deleteApiRoot',
    'getCollections',
    'getCollection',
    'createCollection',
    'updateCollection',
    'deleteCollection',
    'getObjects',
    'getManifest',
    'getObject',
    'getVersions',
    'addObjects',
    'getJob',
    'deleteObject',
  ],
}
