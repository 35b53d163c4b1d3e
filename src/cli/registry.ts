import type { CommandRow } from './command.ts'

/** What the groups of commands are for, by the words before the verb. */
export const commandGroups: Readonly<Record<string, string>> = {
  checkpoint: 'How far each collection has been read',
}

/** Every command, in the order help lists them. One row each; the module is loaded when the command is named. */
export const commandRegistry: readonly CommandRow[] = [
  {
    path: 'fetch',
    summary: 'Poll sources into the store, each object once',
    load: async () => (await import('./commands/fetch.ts')).fetch,
  },
  {
    path: 'watch',
    summary: 'Fetch every enabled source at its own interval, until stopped',
    load: async () => (await import('./commands/watch.ts')).watch,
  },
  {
    path: 'status',
    summary: 'Show when each source was last fetched, and how that went',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    path: 'doctor',
    summary: 'Check the machine, the profiles, the store and each source, and say what fixes what is wrong',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    path: 'checkpoint list',
    summary: 'Show how far each collection has been read',
    load: async () => (await import('./commands/checkpoint-list.ts')).checkpointList,
  },
  {
    path: 'checkpoint set',
    summary: 'Move checkpoints to a time',
    load: async () => (await import('./commands/checkpoint-set.ts')).checkpointSet,
  },
  {
    path: 'checkpoint rewind',
    summary: 'Move checkpoints back by a duration',
    load: async () => (await import('./commands/checkpoint-rewind.ts')).checkpointRewind,
  },
  {
    path: 'checkpoint reset',
    summary: 'Forget checkpoints: the next fetch begins as the first did',
    load: async () => (await import('./commands/checkpoint-reset.ts')).checkpointReset,
  },
  {
    path: 'help',
    summary: 'Explain a command or a topic: exit-codes, environment, formats',
    load: async () => (await import('./commands/help.ts')).help,
  },
  {
    path: 'completion',
    summary: 'Print the script that completes commands, flags and profile names in a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    path: 'complete',
    summary: 'Answer the completion script of a shell',
    hidden: true,
    load: async () => (await import('./commands/complete.ts')).complete,
  },
]
