import type { CommandRow } from './command.ts'

/** The TAXII server's part of `commandRegistry`, in the order of help. */
export const serverCommands: readonly CommandRow[] = [
  {
    path: 'serve',
    summary: 'Serve what is stored as TAXII 1.0, 1.1, 2.0 and 2.1, until stopped',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    path: 'server sync',
    summary: 'Make API roots, collections, services and accounts as a file says',
    load: async () => (await import('./commands/server-sync.ts')).serverSync,
  },
  {
    path: 'server account create',
    summary: 'Make an account for clients of the server',
    load: async () => (await import('./commands/server-account-create.ts')).serverAccountCreate,
  },
  {
    path: 'server account list',
    summary: "List the server's accounts with their rights",
    load: async () => (await import('./commands/server-account-list.ts')).serverAccountList,
  },
  {
    path: 'server account edit',
    summary: "Change an account's rights, its TLP ceiling, or block it",
    load: async () => (await import('./commands/server-account-edit.ts')).serverAccountEdit,
  },
  {
    path: 'server account password',
    summary: 'Give an account another password',
    load: async () => (await import('./commands/server-account-password.ts')).serverAccountPassword,
  },
  {
    path: 'server account delete',
    summary: 'Delete an account; its tokens end at once',
    load: async () => (await import('./commands/server-account-delete.ts')).serverAccountDelete,
  },
  {
    path: 'server api-root list',
    summary: "List the server's API roots (TAXII 2)",
    load: async () => (await import('./commands/server-api-root-list.ts')).serverApiRootList,
  },
  {
    path: 'server api-root create',
    summary: 'Make an API root: a group of collections with a URL of its own',
    load: async () => (await import('./commands/server-api-root-create.ts')).serverApiRootCreate,
  },
  {
    path: 'server api-root edit',
    summary: 'Change an API root; what no flag names stays',
    load: async () => (await import('./commands/server-api-root-edit.ts')).serverApiRootEdit,
  },
  {
    path: 'server api-root delete',
    summary: 'Delete an API root with its collections, and what clients added to them',
    load: async () => (await import('./commands/server-api-root-delete.ts')).serverApiRootDelete,
  },
  {
    path: 'server collection list',
    summary: 'List the collections that are served: what was fetched, and what was made',
    load: async () => (await import('./commands/server-collection-list.ts')).serverCollectionList,
  },
  {
    path: 'server collection create',
    summary: 'Make a collection: storage that clients add to, or a view of what was fetched',
    load: async () => (await import('./commands/server-collection-create.ts')).serverCollectionCreate,
  },
  {
    path: 'server collection edit',
    summary: 'Change how a collection is served; what no flag names stays',
    load: async () => (await import('./commands/server-collection-edit.ts')).serverCollectionEdit,
  },
  {
    path: 'server collection delete',
    summary: 'Delete a collection that was made, with what clients added to it',
    load: async () => (await import('./commands/server-collection-delete.ts')).serverCollectionDelete,
  },
]
