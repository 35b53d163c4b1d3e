/**
 * Kills real fetches at random instants, again and again, until their set is complete, and compares what is stored with
 * what the server had: `npm run kill -- --kills 100 --seed 7`. Ends with 1 when anything was lost, doubled or damaged.
 */
import { fork } from 'node:child_process'
import path from 'node:path'
import { measurePace, playRound } from './kill/lane.ts'
import type { Lane, RoundReport } from './kill/lane.ts'
import { newSeed, readCampaignOptions } from './campaign/options.ts'
import { seeded } from './campaign/seeded.ts'
import { killDefaults } from './kill/plan.ts'
import type { KillOptions } from './kill/plan.ts'
import { serveCampaign } from './kill/server.ts'
import type { ServerAnswer, ServerQuestion } from './kill/server.ts'

const argv = process.argv.slice(2)
if (argv[0] === '--serve') await serveCampaign(Number(argv[1]))
else process.exitCode = await campaign(readCampaignOptions(argv, { ...killDefaults, seed: newSeed() }).options)

async function campaign(options: KillOptions): Promise<number> {
  const server = fork(process.argv[1] as string, ['--serve', String(options.objects)])
  try {
    const first = await answerOf(server)
    const asked = answerOf(server)
    server.send({ ask: 'truth' } satisfies ServerQuestion)
    const second = await asked
    if (!('url' in first) || !('truth' in second)) throw new Error('the server did not answer')
    return await play(options, first.url, new Set(second.truth))
  } finally {
    server.disconnect()
  }
}

function answerOf(server: ReturnType<typeof fork>): Promise<ServerAnswer> {
  return new Promise((resolve, reject) => {
    server.once('message', (message) => resolve(message as ServerAnswer))
    server.once('exit', (status) => reject(new Error(`the server ended with ${status}`)))
  })
}

async function play(options: KillOptions, url: string, truth: ReadonlySet<string>): Promise<number> {
  let left = options.kills
  const lanes = Array.from({ length: options.lanes }, (_, index): Lane => ({
    program: path.resolve('bin/stixtaxii.js'),
    url,
    truth,
    random: seeded(options.seed * 31 + index),
    takeKill: () => left-- > 0,
  }))
  const pace = await measurePace(lanes[0] as Lane)
  const began = performance.now()
  const rounds: RoundReport[] = []
  await Promise.all(
    lanes.map(async (lane) => {
      while (left > 0) rounds.push(await playRound(lane, pace))
    }),
  )
  return report(options, rounds, (performance.now() - began) / 1000)
}

function report(options: KillOptions, rounds: readonly RoundReport[], seconds: number): number {
  const sum = (field: 'kills' | 'lost' | 'doubled' | 'foreign' | 'overcounted' | 'newAgain'): number =>
    rounds.reduce((total, round) => total + round[field], 0)
  const problems = rounds.flatMap((round) => round.problems)
  const failures = rounds.flatMap((round) => round.failures)
  const kills = sum('kills')
  const lines = [
    `seed ${options.seed}, ${rounds.length} rounds of ${options.objects} objects, ${seconds.toFixed(1)} s`,
    `kills ${kills} (${Math.round((kills / seconds) * 60)} a minute)`,
    `lost ${sum('lost')}, doubled ${sum('doubled')}, foreign ${sum('foreign')}, overcounted ${sum('overcounted')}, new when fetched again ${sum('newAgain')}`,
    `integrity ${problems.length === 0 ? 'ok' : problems.slice(0, 5).join('; ')}`,
    ...failures.slice(0, 5).map((failure) => `failed: ${failure.trim()}`),
  ]
  console.log(lines.join('\n'))
  const faults = sum('lost') + sum('doubled') + sum('foreign') + Math.abs(sum('overcounted')) + sum('newAgain')
  return faults === 0 && problems.length === 0 && failures.length === 0 && kills > 0 ? 0 : 1
}
