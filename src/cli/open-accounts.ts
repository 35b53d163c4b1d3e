import { resolve } from 'node:path'
import { z } from 'zod'
import { openStoreAuthentication, accountUnknown } from '../serve/auth/store-authentication.ts'
import { tlpLevels, type Account, type Authentication } from '../serve/authentication.ts'
import { openStorePersistence } from '../serve/persistence/open.ts'
import type { Catalogue } from '../serve/persistence/catalogue.ts'
import { createServerLog, type LogFields } from '../serve/server-log.ts'
import { openLineFile } from '../workflow/line-file.ts'
import type { Runtime } from './runtime.ts'

export const auditField = z
  .string()
  .optional()
  .describe('append what was done as a JSON line, as serve does')
  .meta({ value: 'FILE' })

export const rightsFields = {
  read: z
    .array(z.string())
    .default([])
    .describe('collections it may read: id, alias or TAXII 1 name; or all')
    .meta({ value: 'COLLECTION', environment: false }),
  write: z
    .array(z.string())
    .default([])
    .describe('collections it may add to and delete from')
    .meta({ value: 'COLLECTION', environment: false }),
}

/** `none` takes a ceiling away. */
export const tlpCeilings = [...tlpLevels, 'none'] as const

/** What the commands about accounts work on: the store itself, so that a server need not run, or may. */
export interface OpenedAccounts {
  readonly authentication: Authentication
  readonly catalogue: Catalogue
  /** @throws SERVE_ACCOUNT_UNKNOWN (not-found) */
  find(username: string): Promise<Account>
  /** Tells the audit log, where one was named. */
  audit(event: string, fields: LogFields): void
}

/** @throws WORKFLOW_LOG_FAILED (local), before anything is changed. */
export async function withAccounts<T>(
  parts: Pick<Runtime, 'store' | 'clock' | 'environment' | 'terminal' | 'workingDirectory'>,
  auditLog: string | undefined,
  work: (accounts: OpenedAccounts) => Promise<T>,
): Promise<T> {
  const { clock, environment, terminal, workingDirectory } = parts
  const failed = (reason: string) => terminal.warn(`The audit log cannot be written: ${reason}`)
  const file = auditLog === undefined ? undefined : openLineFile(resolve(workingDirectory, auditLog), failed)
  try {
    const store = await parts.store()
    await using authentication = openStoreAuthentication({ store, clock })
    const log = createServerLog({ clock, write: () => undefined, writeAudit: (line) => file?.write(line) })
    const by = environment.USER ?? environment.LOGNAME
    return await work({
      authentication,
      catalogue: openStorePersistence({ store, clock }).catalogue,
      async find(username) {
        const name = username.normalize('NFC')
        const found = (await authentication.getAccounts()).find((account) => account.username === name)
        if (found) return found
        throw accountUnknown(name)
      },
      audit: (event, fields) => log.audit(event, { outcome: 'success', by, client: 'command line', ...fields }),
    })
  } finally {
    file?.close()
  }
}

/** Says what an account that can do nothing needs. */
export function tellRights(account: Account, terminal: Runtime['terminal']): void {
  const { isAdmin, username, permissions } = account
  const hasRights = Object.keys(permissions.taxii1).length + Object.keys(permissions.taxii2).length > 0
  if (isAdmin || hasRights) return
  terminal.note(
    `${username} sees public collections only. Give it a right: stixtaxii server account edit ${username} --read all`,
  )
}
