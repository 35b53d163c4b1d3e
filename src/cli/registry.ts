import type { CommandRow } from './command.ts'

/** What the groups of commands are for, by the words before the verb. */
export const commandGroups: Readonly<Record<string, string>> = {}

/** Every command, in the order help lists them. One row each; the module is loaded when the command is named. */
export const commandRegistry: readonly CommandRow[] = [
  {
    path: 'help',
    summary: 'Explain a command or a topic: exit-codes, environment, formats',
    load: async () => (await import('./commands/help.ts')).help,
  },
]
