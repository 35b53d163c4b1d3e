import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { parseDuration } from '../../core/duration.ts'
import type { NoticeSink } from '../../core/notice.ts'
import { beginByServerClock, readTyped } from '../../fetch/window.ts'
import type { OutputWriter } from '../../output/writer.ts'
import type { Page, PollRequest, TaxiiClient } from '../../taxii/client.ts'
import { wantedCollections } from '../choose-collection.ts'
import { defineCommand } from '../command.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { pageLines, rawContents } from '../page-lines.ts'
import { parseMatches } from '../parse-matches.ts'
import { accessFields } from '../source-flags.ts'

export const poll = defineCommand({
  path: 'poll',
  summary: 'Poll a source straight to standard output, as NDJSON; nothing is stored',
  details:
    'A STIX 2 object comes as its own bytes on one line; a TAXII 1.x content block as an object of type content-block. ' +
    'Without --collection every readable one is polled. No checkpoint is read or moved: that is what fetch does.',
  examples: [
    'stixtaxii poll https://taxii.example/taxii2/ --collection indicators --since 2h > objects.ndjson',
    'stixtaxii poll acme --collection "Demo Organization" --match type=indicator --limit 10',
    'stixtaxii poll acme --count --since 1w',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().optional().describe('name of a profile, or a URL').meta({ value: 'SOURCE|URL' }),
    collection: z
      .array(z.string())
      .default([])
      .describe("id, alias or title; default: the URL's, the profile's, every readable one")
      .meta({ value: 'C', environment: false }),
    since: z.string().optional().describe('read from there on: 2h, 20d, 1w, 3mo, or a time').meta({ value: 'WHEN' }),
    until: z.string().optional().describe('read up to there: a duration back, or a time').meta({ value: 'WHEN' }),
    match: z
      .array(z.string())
      .default([])
      .describe('only what matches, as type=indicator or id=A,B')
      .meta({ value: 'FIELD=VALUE' }),
    limit: z.number().int().positive().optional().describe('stop after so many objects').meta({ value: 'N' }),
    count: z.boolean().default(false).describe('print how many there are, and not what'),
    raw: z.boolean().default(false).describe('the content of 1.x blocks itself, not wrapped in JSON'),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output', 'clock', 'notices'],
  ownFormat: true,
  async run(input, parts) {
    const { begin, end } = readTyped(input, parts.clock.now())
    const match = parseMatches(input.match)
    await withSource(input.source, input, parts, async (source) => {
      const names = await wantedCollections(source, input.collection, parts.signal)
      let left = input.limit ?? Infinity
      let counted = 0
      for (const collection of names) {
        const request = { collection, begin, end, match, pageSize: input.pageSize, stateless: true }
        const { client, profile } = source
        if (input.count) {
          counted += await countOf(client, request, parts.signal)
          continue
        }
        const writing = { place: { source: profile.name, collection }, raw: input.raw, limit: left }
        left -= await writePoll(parts, client, { ...request, typedBegin: input.since }, writing)
        if (left <= 0) break
      }
      if (input.count) await parts.output.raw(`${counted}\n`)
    })
  },
})

interface Writing {
  readonly place: { readonly source: string; readonly collection: string }
  readonly raw: boolean
  readonly limit: number
}

interface PollParts {
  readonly output: OutputWriter
  readonly notices: NoticeSink
  readonly signal: AbortSignal
}

/** Writes the pages of one collection; returns how many objects were written. */
async function writePoll(
  parts: PollParts,
  client: TaxiiClient,
  request: PollRequest & { readonly typedBegin: string | undefined },
  { place, raw, limit }: Writing,
): Promise<number> {
  let written = 0
  let damaged = 0
  for await (const page of pagesByServerClock(client, request, parts.signal)) {
    damaged += page.damaged.length
    const items = written + page.items.length > limit ? page.items.slice(0, limit - written) : page.items
    for (const lines of raw ? rawContents(items) : pageLines(items, place)) await parts.output.raw(lines)
    written += items.length
    if (written >= limit) break
  }
  if (damaged > 0) throw someDamaged(place.collection, damaged, written)
  return written
}

/** The pages of a poll whose relative begin is one by the server's clock, where that is behind ours. */
async function* pagesByServerClock(
  client: TaxiiClient,
  { typedBegin, ...request }: PollRequest & { readonly typedBegin: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const relativeBegin = typedBegin === undefined ? undefined : parseDuration(typedBegin)
  const window = { begin: request.begin, relativeBegin, movesCheckpoint: false, typed: {} }
  let isFirst = true
  for await (const page of client.poll(request, signal)) {
    const earlier = isFirst ? beginByServerClock(window, page.serverDate) : undefined
    if (earlier !== undefined) {
      yield* client.poll({ ...request, begin: earlier }, signal)
      return
    }
    isFirst = false
    yield page
  }
}

async function countOf(client: TaxiiClient, request: PollRequest, signal: AbortSignal): Promise<number> {
  if (client.v1) return (await client.v1.count(request, signal)).count
  let count = 0
  for await (const page of client.poll(request, signal)) count += page.items.length + page.damaged.length
  return count
}

function someDamaged(collection: string, damaged: number, written: number): StixTaxiiError {
  return new StixTaxiiError('CLI_POLL_DAMAGED', `${damaged} objects of "${collection}" are damaged and were left out`, {
    kind: written > 0 ? 'partial' : 'protocol',
    hint: 'fetch keeps them aside with their reasons: stixtaxii fetch',
    context: { collection, damaged, written },
  })
}
