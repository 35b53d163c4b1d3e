import { spawn } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { measure, type Command, type Cost } from './measure.ts'
import { median, type Bench, type BenchRow } from './rows.ts'

const program = path.resolve('bin/stixtaxii.js')
/** Of one content block, name spaces and label included: see poll-response-server.ts. */
const blockBytes = 1_900

interface PollServer extends AsyncDisposable {
  readonly url: string
}

async function startPollServer(): Promise<PollServer> {
  const server = spawn(process.execPath, ['tools/run.mjs', 'tools/bench/poll-response-server.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await new Promise<[string]>((resolve, reject) => {
    createInterface({ input: server.stdout }).once('line', (text) => resolve([text]))
    server.once('exit', (code) => reject(new Error(`the poll server ended with ${code}`)))
  })
  return {
    ...(JSON.parse(line) as { url: string }),
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      server.kill()
      await gone
    },
  }
}

const poll = (url: string): Command => ({
  argv: [process.execPath, program, 'poll', url, '--taxii-version', '1.1', '--collection', 'bench', '--quiet'],
  countsLines: true,
})

const ask = `
import sys, urllib.request
body = b'<Poll_Request xmlns="http://taxii.mitre.org/messages/taxii_xml_binding-1.1" message_id="1"/>'
answer = urllib.request.urlopen(urllib.request.Request(sys.argv[1], data=body))
`
/** Both print how many blocks they found, and write none of them. */
const rivals = {
  lxml: `${ask}
from lxml import etree
count = 0
name = '{http://taxii.mitre.org/messages/taxii_xml_binding-1.1}Content_Block'
for _, block in etree.iterparse(answer, tag=name, huge_tree=True):
    count += 1
    block.clear()
    while block.getprevious() is not None:
        del block.getparent()[0]
print('\\n' * count, end='')
`,
  libtaxii: `${ask}
import libtaxii.messages_11 as messages
print('\\n' * len(messages.get_message_from_xml(answer.read()).content_blocks), end='')
`,
} as const

function python(rival: keyof typeof rivals, url: string): Command | undefined {
  const peers = process.env['STIXTAXII_PEERS']
  if (peers === undefined) return undefined
  return { argv: [path.join(peers, 'bin', 'python'), '-c', rivals[rival], url], countsLines: true }
}

const cpu = (costs: readonly Cost[]) => median(costs.map(({ cpuMs }) => cpuMs))
const peak = (costs: readonly Cost[]) => Math.max(...costs.map(({ peakMiB }) => peakMiB))
const shown = (costs: readonly Cost[]) => `cpu ${Math.round(cpu(costs))} ms, ${Math.round(peak(costs))} MiB`

/** Runs each in turn, `repetitions` times; what is not there gives no costs. @throws Error on a wrong count of blocks */
async function inTurn(commands: readonly (Command | undefined)[], blocks: number, repetitions: number) {
  const costs: Cost[][] = commands.map(() => [])
  for (let round = 0; round < repetitions; round++) {
    for (const [index, command] of commands.entries()) {
      if (command === undefined) continue
      const cost = await measure(command)
      if (cost.exitCode !== 0 || cost.lines !== blocks)
        throw new Error(`${cost.lines} blocks of ${blocks}, exit status ${cost.exitCode}: ${command.argv[0]}`)
      costs[index]?.push(cost)
    }
  }
  return costs
}

/** X1: `poll` of one Poll_Response beside lxml's iterparse and libtaxii, which write nothing, from the same server. */
async function largeAnswer(url: string, megabytes: number, repetitions: number): Promise<readonly BenchRow[]> {
  const blocks = Math.round((megabytes * 1e6) / blockBytes)
  const from = `${url}/blocks/${blocks}`
  // libtaxii takes eight times the answer: only the smaller one fits everywhere.
  const withLibtaxii = megabytes <= 50
  const commands = [poll(from), python('lxml', from), withLibtaxii ? python('libtaxii', from) : undefined]
  const [ours = [], lxml = [], libtaxii = []] = await inTurn(commands, blocks, repetitions)
  const row = { goal: 'X1', ours: shown(ours) }
  const what = `poll of a TAXII 1.1 answer of ${megabytes} MB, ${blocks} blocks, start included`
  const none = 'STIXTAXII_PEERS names no environment that has it'
  return [
    {
      ...row,
      what,
      beside: lxml.length > 0 ? `lxml iterparse, writing nothing, ${shown(lxml)}` : none,
      ratio: lxml.length > 0 ? (cpu(ours) / cpu(lxml)).toFixed(2) : '',
      wanted: '<= 1.3 x lxml of cpu',
      held: lxml.length > 0 ? cpu(ours) <= 1.3 * cpu(lxml) : undefined,
    },
    ...(libtaxii.length > 0
      ? [
          {
            ...row,
            what: 'the same beside libtaxii',
            beside: `libtaxii ${shown(libtaxii)}`,
            ratio: (cpu(libtaxii) / cpu(ours)).toFixed(2),
            wanted: '>= 4 x faster',
            held: cpu(libtaxii) >= 4 * cpu(ours),
          },
        ]
      : []),
    {
      ...row,
      what: 'its peak memory',
      ours: `${Math.round(peak(ours))} MiB`,
      beside: '100 MB',
      ratio: ((peak(ours) * 2 ** 20) / 1e8).toFixed(2),
      wanted: 'at most that',
      held: peak(ours) * 2 ** 20 <= 1e8,
    },
  ]
}

const hostile = [
  ['bomb', 'an entity bomb'],
  ['external', 'an external entity'],
  ['deep', '200,000 elements inside each other'],
] as const

/** X2: answers that must be refused, beside the same poll of an answer without blocks. */
async function refusals(url: string, repetitions: number): Promise<readonly BenchRow[]> {
  const [usual = []] = await inTurn([poll(`${url}/blocks/0`)], 0, repetitions)
  const rows: BenchRow[] = []
  for (const [name, what] of hostile) {
    const costs: Cost[] = []
    for (let round = 0; round < repetitions; round++) {
      const cost = await measure({ ...poll(`${url}/${name}`), silent: true })
      if (cost.exitCode !== 10 || cost.lines > 0) throw new Error(`${what} ended with ${cost.exitCode}`)
      costs.push(cost)
    }
    const over = cpu(costs) - cpu(usual)
    rows.push({
      goal: 'X2',
      what: `${what} in a TAXII 1.1 answer is refused`,
      ours: shown(costs),
      beside: `an empty answer ${shown(usual)}`,
      ratio: `${over < 0 ? '' : '+'}${Math.round(over)} ms`,
      wanted: '< 100 ms over it, < 80 MB',
      held: over < 100 && peak(costs) * 2 ** 20 < 8e7,
    })
  }
  return rows
}

/** X1 and X2: large and hostile answers of TAXII 1.1. `STIXTAXII_PEERS` names the environment of lxml and libtaxii. */
export const benchXml: Bench = async ({ quick, wants }) => {
  await using server = await startPollServer()
  const rows: BenchRow[] = []
  if (wants('X1')) {
    rows.push(...(await largeAnswer(server.url, quick ? 5 : 50, quick ? 1 : 3)))
    if (!quick) rows.push(...(await largeAnswer(server.url, 500, 1)))
  }
  if (wants('X2')) rows.push(...(await refusals(server.url, quick ? 1 : 3)))
  return rows
}
