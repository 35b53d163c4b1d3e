/** What we use of `node:sqlite`, which the types of Node 20 do not have. */
declare module 'node:sqlite' {
  export class DatabaseSync {
    constructor(file: string)
    exec(sql: string): void
    prepare(sql: string): StatementSync
    close(): void
  }

  export class StatementSync {
    run(...values: readonly (string | number | Uint8Array | null)[]): { changes: number | bigint }
    get(...values: readonly (string | number | Uint8Array | null)[]): Record<string, unknown> | undefined
    all(...values: readonly (string | number | Uint8Array | null)[]): Record<string, unknown>[]
  }
}
