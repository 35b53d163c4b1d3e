import type { Records, StoredRecord } from '../records.ts'

/** Who may come in to the server, as it is kept. The password is a slow hash with its parameters; nothing here opens it. */
export interface StoredAccount {
  /** UUID; another one when an account of the same name is made again. */
  readonly id: string
  /** Unique. */
  readonly username: string
  readonly isAdmin: boolean
  readonly isBlocked: boolean
  readonly taxii1: Readonly<Record<string, 'read' | 'write' | 'modify'>>
  readonly taxii2: Readonly<Record<string, readonly ('read' | 'write')[]>>
  readonly tlpCeiling?: 'clear' | 'green' | 'amber' | 'amber+strict' | 'red' | undefined
  readonly details?: Readonly<Record<string, string>> | undefined
  /** RFC 3339, six digits. */
  readonly createdAt: string
  readonly passwordHash: string
  /** Another one with each password: what was given out under a former one ends. */
  readonly passwordId: string
}

/** An account with the revision of its record, which moves with every change to it. */
export interface KeptAccount extends StoredAccount {
  readonly revision: number
}

export interface AccountRecords {
  get(username: string): Promise<KeptAccount | undefined>
  /** In order of username (by UTF-8 bytes). */
  list(): Promise<readonly KeptAccount[]>
  /** Whether there is any. */
  exist(): Promise<boolean>
  /** Undefined when the name is taken. */
  create(account: StoredAccount): Promise<KeptAccount | undefined>
  /** Undefined, and nothing changed, when the account is not at this revision any more. */
  replace(account: StoredAccount, revision: number): Promise<KeptAccount | undefined>
  /** Returns whether there was one. */
  remove(username: string): Promise<boolean>
}

const kind = 'account'

/** The accounts of a store. */
export function accountRecords(records: Records): AccountRecords {
  const write = async (account: StoredAccount, revision: number): Promise<KeptAccount | undefined> => {
    const { username } = account
    const isDone = await records.write([{ kind, id: username, body: bodyOf(account), revision }])
    return isDone ? { ...account, revision: revision + 1 } : undefined
  }
  return {
    async get(username) {
      const found = await records.get(kind, username)
      return found && keptOf(found)
    },
    async list() {
      return (await records.list(kind)).map(keptOf)
    },
    async exist() {
      return (await records.list(kind, { limit: 1 })).length > 0
    },
    create: (account) => write(account, 0),
    replace: write,
    async remove(username) {
      for (;;) {
        const found = await records.get(kind, username)
        if (found === undefined) return false
        if (await records.write([{ kind, id: username, revision: found.revision }])) return true
      }
    },
  }
}

/** A name somebody chose may be `__proto__`: rights are kept as pairs. */
function bodyOf({ taxii1, taxii2, details, ...plain }: StoredAccount): unknown {
  return {
    ...plain,
    taxii1: Object.entries(taxii1),
    taxii2: Object.entries(taxii2),
    ...(details && { details: Object.entries(details) }),
  }
}

interface AccountBody extends Omit<StoredAccount, 'taxii1' | 'taxii2' | 'details'> {
  readonly taxii1: readonly (readonly [string, 'read' | 'write' | 'modify'])[]
  readonly taxii2: readonly (readonly [string, readonly ('read' | 'write')[]])[]
  readonly details?: readonly (readonly [string, string])[] | undefined
}

function keptOf({ body, revision }: StoredRecord): KeptAccount {
  const { taxii1, taxii2, details, ...plain } = body as AccountBody
  return {
    ...plain,
    taxii1: Object.fromEntries(taxii1),
    taxii2: Object.fromEntries(taxii2),
    ...(details && { details: Object.fromEntries(details) }),
    revision,
  }
}
