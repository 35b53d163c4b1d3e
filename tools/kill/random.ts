import { fork } from 'node:child_process'
import { aPostgres } from '../../test/slow/a-postgres.ts'
import type { Finding } from '../campaign/report.ts'
import { seeded } from '../campaign/seeded.ts'
import { measurePace, playRound, type Lane, type RoundReport } from './lane.ts'
import type { PartReport } from './part.ts'
import type { ServerAnswer, ServerQuestion } from './server.ts'

export interface RandomOptions {
  readonly seed: number
  readonly kills: number
  /** In each round: a fresh store that is filled from nothing. */
  readonly objects: number
  readonly lanes: number
  /** 1: into a PostgreSQL that is started for it. */
  readonly postgres: number
}

/** Kills real fetches at random instants, again and again, until their set is complete, and compares with the server's. */
export async function killAtRandom(options: RandomOptions): Promise<PartReport> {
  await using database = options.postgres > 0 ? await aPostgres() : undefined
  const server = fork(process.argv[1] as string, ['--serve', String(options.objects)])
  try {
    const first = await answerOf(server)
    const asked = answerOf(server)
    server.send({ ask: 'truth' } satisfies ServerQuestion)
    const second = await asked
    if (!('url' in first) || !('truth' in second)) throw new Error('the server did not answer')
    const freshStore = database && (() => database.freshUrl())
    return await play(options, { url: first.url, truth: new Set(second.truth), freshStore })
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

async function play(options: RandomOptions, shared: Pick<Lane, 'url' | 'truth' | 'freshStore'>): Promise<PartReport> {
  let left = options.kills
  const lanes = Array.from({ length: options.lanes }, (_, index): Lane => ({
    ...shared,
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

function report(options: RandomOptions, rounds: readonly RoundReport[], seconds: number): PartReport {
  const sum = (field: 'kills' | 'lost' | 'doubled' | 'foreign' | 'overcounted' | 'newAgain'): number =>
    rounds.reduce((total, round) => total + round[field], 0)
  const problems = rounds.flatMap((round) => round.problems)
  const failures = rounds.flatMap((round) => round.failures)
  const kills = sum('kills')
  const { seed, objects, postgres } = options
  const name = `L1 fetch${postgres > 0 ? ' into PostgreSQL' : ''} at random instants`
  const again = `npm run kill -- random --seed ${seed} --kills ${options.kills}${postgres > 0 ? ' --postgres 1' : ''}`
  const faults = ['lost', 'doubled', 'foreign', 'overcounted', 'newAgain'] as const
  const seen = [
    ...faults.filter((field) => sum(field) !== 0).map((field) => `${field} ${sum(field)}`),
    ...problems,
    ...failures.map((failure) => failure.trim()),
  ]
  return {
    lines: [
      `${name}: ${kills} kills (${Math.round((kills / seconds) * 60)} a minute), ${rounds.length} rounds of ${objects} objects`,
      `  lost ${sum('lost')}, doubled ${sum('doubled')}, foreign ${sum('foreign')}, overcounted ${sum('overcounted')}, new when fetched again ${sum('newAgain')}`,
      `  integrity ${problems.length === 0 ? 'ok' : 'broken'}`,
    ],
    findings: seen.map((fault): Finding => ({ what: name, seen: fault, again })),
    done: kills,
  }
}
