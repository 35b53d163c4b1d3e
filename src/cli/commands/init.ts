import { parse, resolve } from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { whyOf } from '../../core/system-fault.ts'
import { starterFile } from '../../provision/starter.ts'
import { defineCommand } from '../command.ts'
import { writeNewFile } from '../new-file.ts'
import type { Runtime } from '../runtime.ts'

const fitting = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Two desired states of one name would each take away what the other made. */
function nameOf(file: string): string {
  const { name } = parse(file)
  return fitting.test(name) ? name : 'fleet'
}

export const init = defineCommand({
  path: 'init',
  summary: 'Begin a desired state: a commented YAML file for plan and apply',
  details: 'The first line tells editors where its JSON Schema is. A file that is there is not touched.',
  examples: ['stixtaxii init', 'stixtaxii init site-a.yaml --name site-a'],
  positional: ['file'],
  input: z.object({
    file: z.string().default('fleet.yaml').describe('the file to write'),
    name: z
      .string()
      .regex(fitting, 'must be letters, digits, dots, dashes and underscores')
      .optional()
      .meta({ environment: false, description: 'name of the desired state (default: that of the file)' }),
  }),
  needs: ['workingDirectory', 'profiles', 'terminal', 'output'],
  schema: 'init',
  async run({ file, name = nameOf(file) }, { workingDirectory, profiles, terminal, output }) {
    const path = resolve(workingDirectory, file)
    const text = starterFile(name, { poolsKnown: await knowsPools(profiles) })
    await writeNewFile(path, text).catch((cause: NodeJS.ErrnoException) => {
      throw notWritten(file, cause)
    })
    await output.one({ file: path, name }, shape)
    terminal.note(`Fill it in, then: stixtaxii plan -f ${file}`)
  },
})

/** Whether some Director profile names its pools. A profile file that cannot be read keeps nobody from beginning. */
async function knowsPools(profiles: Runtime['profiles']): Promise<boolean> {
  const all = await profiles().then(
    (store) => store.list(),
    () => [],
  )
  return all.some((profile) => profile.kind === 'director' && Object.keys(profile.pools).length > 0)
}

const shape = {
  columns: [
    { field: 'file', head: 'File' },
    { field: 'name', head: 'Name' },
  ],
  name: 'file',
} as const

function notWritten(file: string, cause: NodeJS.ErrnoException): StixTaxiiError {
  if (cause.code !== 'EEXIST') {
    return new StixTaxiiError('CLI_INIT_FAILED', `${file} could not be written: ${whyOf(cause)}`, {
      kind: 'local',
      hint: 'Name a file in a folder that is there and that you may write.',
      context: { file },
      cause,
    })
  }
  return new StixTaxiiError('CLI_INIT_EXISTS', `${file} is there already and was not touched`, {
    kind: 'conflict',
    hint: 'Name another file: stixtaxii init OTHER.yaml',
    context: { file },
  })
}
