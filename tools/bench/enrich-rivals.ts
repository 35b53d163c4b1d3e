import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from './measure.ts'

/** What people take instead. Each writes the lines with a hit; networks they cannot. */
export interface Rival {
  readonly name: string
  /** How many times faster we want to be; undefined: for information. */
  readonly wanted?: number | undefined
  readonly missing: boolean
  /** Part of the events it is given: some take minutes for all. */
  readonly share: number
  /** Finds values within longer words too. */
  readonly mayOverReport?: boolean | undefined
  /** Looks at one of the fields only. */
  readonly oneField?: boolean | undefined
  readonly command: (events: string) => Command
}

const fields = ['source_address', 'destination_address', 'domain', 'url', 'hash']

export async function rivalsFor(data: { readonly values: string }, folder: string): Promise<readonly Rival[]> {
  const script = (name: string, text: string): string => {
    const file = path.join(folder, name)
    writeFileSync(file, text)
    return file
  }
  const mapScript = script('map.mjs', nodeMap)
  const dictScript = script('dict.py', pythonDict)
  const table = script(
    'values.json',
    JSON.stringify(Object.fromEntries(linesOf(data.values).map((value) => [value, 1]))),
  )
  const context = script(
    'context.csv',
    linesOf(data.values)
      .map((value) => `${value},category,x\n`)
      .join(''),
  )
  script('syslog-ng.conf', syslogNgConfiguration(context))
  const counted = (argv: readonly string[]): Command => ({ argv, countsLines: true })
  const filter = `select(${fields.map((field) => `$map[0][.${field}]`).join(' or ')})`
  return Promise.resolve([
    {
      name: 'JSON.parse and a Map in Node',
      wanted: 10,
      missing: false,
      share: 1,
      command: (events) => counted([process.execPath, mapScript, data.values, events]),
    },
    {
      name: 'json and a dict in Python',
      wanted: 12,
      missing: isMissing('python3'),
      share: 1,
      command: (events) => counted(['python3', dictScript, data.values, events]),
    },
    {
      name: 'jq with a slurped map',
      wanted: 25,
      missing: isMissing('jq'),
      share: 0.2,
      command: (events) => counted(['jq', '-c', '--slurpfile', 'map', table, filter, events]),
    },
    {
      name: 'syslog-ng, contextual data for one field',
      wanted: 20,
      missing: !hasContextualData(),
      share: 0.2,
      oneField: true,
      command: (events) => counted(['bash', '-c', syslogNg(events, folder)]),
    },
    {
      name: 'grep -F -f',
      missing: isMissing('grep'),
      share: 0.02,
      mayOverReport: true,
      command: (events) => counted(['grep', '-F', '-f', data.values, events]),
    },
    {
      name: 'ripgrep -F -f',
      missing: isMissing('rg'),
      share: 0.02,
      mayOverReport: true,
      command: (events) => counted(['rg', '-F', '-f', data.values, events]),
    },
    {
      name: 'miller join on one field',
      missing: isMissing('mlr'),
      share: 0.2,
      oneField: true,
      command: (events) =>
        counted([
          'bash',
          '-c',
          `mlr --ijsonl --ojsonl join -j value --rp r_ -r destination_address -f <(awk '{printf "{\\"value\\":\\"%s\\"}\\n", $0}' '${data.values}') '${events}'; true`,
        ]),
    },
  ])
}

const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').trimEnd().split('\n')

function isMissing(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined
}

function hasContextualData(): boolean {
  const { stdout } = spawnSync('syslog-ng', ['--module-registry'], { encoding: 'utf8' })
  return String(stdout).includes('add-contextual-data')
}

// It reads standard input from a pipe only, and ends with it.
function syslogNg(events: string, folder: string): string {
  const own = ['persist-file', 'pidfile', 'control'].map(
    (name) => `--${name}='${path.join(folder, `syslog-ng.${name}`)}'`,
  )
  return `cat '${events}' | syslog-ng --foreground --cfgfile='${path.join(folder, 'syslog-ng.conf')}' ${own.join(' ')} | cat`
}

const syslogNgConfiguration = (context: string): string => `@version: 3.38
options { stats-freq(0); };
source events { stdin(flags(no-parse)); };
parser json { json-parser(prefix("e.")); };
parser add { add-contextual-data(selector("\${e.destination_address}"), database("${context}"), prefix("et_")); };
filter known { "\${et_category}" ne "" };
destination out { file("/dev/stdout" template("\${MSG} \${et_category}\n")); };
log { source(events); parser(json); parser(add); filter(known); destination(out); };
`

const nodeMap = `
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
const known = new Map(readFileSync(process.argv[2], 'utf8').trimEnd().split('\\n').map((value) => [value, { category: 'x' }]))
const out = []
for await (const line of createInterface({ input: createReadStream(process.argv[3]), crlfDelay: Infinity })) {
  const event = JSON.parse(line)
  for (const field of ${JSON.stringify(fields)}) {
    const found = known.get(event[field])
    if (found === undefined) continue
    event.et_category = found.category
    out.push(JSON.stringify(event))
    break
  }
}
process.stdout.write(out.join('\\n') + '\\n')
`

const pythonDict = `
import json, sys
known = {}
for line in open(sys.argv[1]):
    known[line.rstrip('\\n')] = {'category': 'x'}
out = []
for line in open(sys.argv[2]):
    event = json.loads(line)
    for field in ${JSON.stringify(fields)}:
        found = known.get(event.get(field))
        if found is not None:
            event['et_category'] = found['category']
            out.append(json.dumps(event))
            break
sys.stdout.write('\\n'.join(out) + '\\n')
`
