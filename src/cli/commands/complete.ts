import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { fillTree, liveNames, namedRow } from '../completion-tree.ts'
import { printedBy } from '../printed-by.ts'
import { commandRegistry } from '../registry.ts'

export const complete = defineCommand({
  path: 'complete',
  summary: 'Answer the completion script of a shell',
  examples: ['stixtaxii complete -- fetch --si'],
  positional: ['words'],
  input: z.object({ words: z.array(z.string()).default([]).describe('the command line as far as it is typed') }),
  needs: ['output', 'profiles'],
  ownFormat: true,
  async run({ words }, { output, profiles }) {
    const rows = commandRegistry.filter((row) => !row.hidden)
    const command = await namedRow(words, rows)?.load()
    // A damaged profile file is no reason to bother someone who pressed the tab key.
    const saved = await profiles()
      .then((store) => store.list())
      .catch(() => [])
    const { RootCommand } = await import('@bomb.sh/tab')
    const tree = new RootCommand()
    fillTree(tree, rows, { command, live: liveNames(saved) })
    await output.raw(printedBy(() => tree.parse([...words])))
  },
})
