import { between, oneOf } from '../../campaign/seeded.ts'
import { acceptedOf, entriesOf, valueOf } from '../../../src/director/answers.ts'
import { compareSources } from '../../../src/director/compare-sources.ts'
import { completeEdit } from '../../../src/director/complete-edit.ts'
import { readDocument } from '../../../src/director/mended-json.ts'
import { orderFailure } from '../../../src/director/wait-for-order.ts'
import { readOrderPath, verdictOn } from '../../../src/director/orders.ts'
import { endpointNames, endpoints } from '../../../src/director/endpoints.ts'
import { callOf, checkFileName, pathOf } from '../../../src/director/paths.ts'
import { readFileName, readPlugin } from '../../../src/director/read-names.ts'
import { readListedSource } from '../../../src/director/read-sources.ts'
import { readFetchStatus } from '../../../src/director/read-status.ts'
import { printable } from '../../../src/core/printable.ts'
import { isTimestamp } from '../../../src/core/timestamp.ts'
import { mutated, strange } from '../mutate.ts'
import { anyText, mutatedTree } from '../mutate-tree.ts'
import { Broken, holds, same, secret, textOf } from '../target.ts'
import type { FuzzTarget } from '../target.ts'
import { faultOfAnswer } from '../verdict.ts'

const origin = 'https://director.example'
const asked = { method: 'GET', does: 'list the enrichment sources', target: 'acme/lp1', host: 'director.example' }

const sources = [
  {
    id: 'a1',
    discovery_url: 'https://taxii.example/',
    st_enable_source: 'True',
    begin: 20,
    begin_unit: 'Days',
    fetch_interval: '1',
    fetch_interval_unit: 'Hours',
    stix_version: '2',
    file_location: 'private',
    basic_auth_mode: { basic_auth_status: true, username: 'ann', password: secret },
    ssl_mode: { ssl_status: false, key_pass: '****' },
    st_proxy: { status: false, ip: '', port: 0, protocol: '' },
    files: { cert_file: 'c.crt', cert_key: 'c.key' },
  },
]

const answers: readonly string[] = [
  JSON.stringify(sources),
  JSON.stringify({ status: 'Success', message: sources }),
  JSON.stringify({ status: 'Success', message: '/monitorapi/0123456789abcdef/fedcba9876543210/orders/42' }),
  JSON.stringify({ response: { success: false, errors: ['bad \u001b[2J'], message: 'm' }, status: 'Failed' }),
  JSON.stringify({ response: { success: 'true', message: 'done' } }),
  JSON.stringify([{ type: 'ti_general', no_of_entries: 5, services: { 'Stix/Taxii': { fetch_status: 'ok', error: '', last_fetch_attempt: 1700000000, last_successful_fetch: '1700000000000', no_of_entries: 3 } } }]),
  JSON.stringify([{ id: 'p1', name: 'StixTaxii', version: '6.1.0' }, 'a.pak', { file_name: 'b.crt' }]),
  '{"status": "Success", "message": [True, None, {"a": False,},]}',
  JSON.stringify({ status: 'Failed', message: `wrong password ${'x'.repeat(20)}`, errors: { a: ['b'] } }),
] // prettier-ignore

/** What Director answers: read as what it is, or refused in words that can be shown. */
export const director: FuzzTarget = {
  name: 'director',
  weight: 3,
  open: () => ({
    make(random) {
      const text = oneOf(random, answers)
      const parsed = readDocument(text)?.value
      return random() < 0.6 ? JSON.stringify(mutatedTree(random, parsed)) : mutated(random, text, answers)
    },
    judge(input, random) {
      const text = textOf(input)
      const answer = {
        status: random() < 0.7 ? 200 : oneOf(random, [201, 302, 400, 401, 404, 409, 429, 500]),
        text,
        retryAfterMs: undefined,
      }
      const parts = { asked, origin, notices: () => undefined }
      const document = readDocument(text)
      if (document && !document.mended) same(document.value, JSON.parse(text), 'JSON that needed no mending')
      attempt(() => judgeAccepted(acceptedOf(answer, parts)))
      attempt(() => judgeEntries(entriesOf(answer, parts)))
      attempt(() => valueOf(answer, parts))
      const verdict = verdictOn(document?.value)
      const said = 'reason' in verdict ? verdict.reason : 'message' in verdict ? verdict.message : undefined
      if (said !== undefined) same(printable(said, { lines: true }), said, 'the words of an order')
      const failure = orderFailure('monitorapi/a' as never, verdict)
      const fault = failure && faultOfAnswer(failure)
      if (fault !== undefined) throw new Broken(fault)
    },
  }),
}

function judgeAccepted(accepted: ReturnType<typeof acceptedOf>): void {
  if (accepted.state === 'ordered') {
    holds(
      accepted.order.startsWith('monitorapi/') && !/\.\.|[\\?#%{}\s]/.test(accepted.order),
      `an order at ${accepted.order}`,
    )
    same(
      new URL(`/${accepted.order}`, origin).href,
      `${origin}/${accepted.order}`,
      'the path of an order changes as an address',
    )
  } else same(printable(accepted.message), accepted.message, 'a message')
}

function judgeEntries(entries: readonly unknown[]): void {
  for (const entry of entries) {
    readFileName(entry)
    const plugin = readPlugin(entry)
    if (plugin) same(printable(plugin.name), plugin.name, 'the name of a plugin')
    const source = readListedSource(entry)
    if (!source) continue
    holds(
      !JSON.stringify(source).includes(secret) ||
        source.discoveryUrl.includes(secret) ||
        JSON.stringify({
          ...source,
          basic: { ...source.basic, password: 0 },
          certificate: { ...source.certificate, keyPassphrase: 0 },
        }).includes(secret),
      'a secret in clear',
    )
    for (const count of [source.begin.count, source.fetchInterval.count, source.proxy.port])
      holds(Number.isSafeInteger(count) && count >= 0, `a count of ${count}`)
    const edit = completeEdit(source, {})
    if ('source' in edit) compareSources(edit.source as never, source)
  }
  const status = readFetchStatus(entries)
  for (const time of [status?.lastAttempt, status?.lastSuccess])
    holds(time === undefined || isTimestamp(time), `a time of ${time}`)
}

function attempt(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StixTaxiiError') throw error
    const fault = faultOfAnswer(error as never)
    if (fault !== undefined) throw new Broken(fault)
  }
}

const names = [
  'StixTaxii_6.1.0.pak',
  'client cert.crt',
  '../x',
  'a/b',
  'trash',
  'orders',
  'CON',
  'a..b',
  '.',
  'x\r\nY: z',
  'ä.crt',
  'a"b',
  "a';b",
]
const segments = ['0123456789abcdef0123456789abcdef', 'acme-pool', 'a%2fb', '..']

/** S9: names in the addresses of calls: whatever is let through means the call that was meant, and that name. */
export const path: FuzzTarget = {
  name: 'path',
  weight: 2,
  open: () => ({
    make: (random) =>
      JSON.stringify(
        Array.from({ length: 4 }, (_, index) => {
          const text = index < 2 ? oneOf(random, segments) : oneOf(random, names)
          return random() < 0.5
            ? text
            : random() < 0.5
              ? anyText(random)
              : String(mutated(random, text, [...names, ...strange]))
        }),
      ),
    judge(input, random) {
      const [pool = '', logpoint = '', file = '', id = ''] = JSON.parse(textOf(input)) as string[]
      const name = oneOf(random, endpointNames)
      readOrderPath(`monitorapi/${pool}/${file}`, origin)
      attempt(() => checkFileName(file))
      const prefix = between(random, 0, 9) > 0 ? 'configapi' : file
      const made = pathOf(name, { pool, logpoint, file, id } as never, prefix)
      const url = new URL(made, origin)
      same(url.origin + url.pathname, origin + made, 'an address changes the path')
      const call = callOf(endpoints[name].method, made, prefix)
      same(call?.name, name, `another call at ${made}`)
      for (const [segment, text] of Object.entries(call?.segments ?? {}))
        same(text, { pool, logpoint, file, id }[segment], `another ${segment}`)
    },
  }),
}
