import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { defineCommand } from '../command.ts'
import { fold } from '../fold.ts'
import { widestHelp } from '../help-layout.ts'
import { helpTopics } from '../help-topics.ts'

export const help = defineCommand({
  path: 'help',
  summary: 'Explain a command or a topic: exit-codes, environment, formats',
  examples: ['stixtaxii help', 'stixtaxii help fetch', 'stixtaxii help exit-codes'],
  positional: ['topic'],
  input: z.object({ topic: z.array(z.string()).default([]).describe('a command, or a topic') }),
  needs: ['output', 'terminal'],
  ownFormat: true,
  async run({ topic }, { output, terminal }) {
    const name = topic.join(' ')
    const text = helpTopics[name]
    if (text === undefined) throw unknownTopic(name)
    await output.raw(`${fold(text(), widestHelp(terminal.columns))}\n`)
  },
})

function unknownTopic(name: string): StixTaxiiError {
  const near = nearestName(name, Object.keys(helpTopics))
  return new StixTaxiiError('CLI_TOPIC_UNKNOWN', `There is no command and no topic "${name}"`, {
    kind: 'usage',
    hint: `${near ? `Did you mean ${near}? ` : ''}Topics: ${Object.keys(helpTopics).join(', ')}. Commands: stixtaxii --help`,
    context: { topic: name },
  })
}
