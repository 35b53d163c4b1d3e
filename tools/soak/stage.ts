import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openProfiles } from '../../src/cli/open-profiles.ts'
import { systemClock } from '../../src/cli/process-host.ts'
import type { TaxiiProfile } from '../../src/profile/profile.ts'
import { environmentOf, runProgram } from '../campaign/program.ts'
import type { Feed } from './feed.ts'

const writableId = '00000000-0000-4000-8000-0000000000aa'
const password = 'correct horse battery'

/** Of the collection that can be written. */
export const writable = `/default/collections/${writableId}/`
/** The administrator's login. */
export const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`

/** A folder with an account, a collection that can be written, and a profile for each feed, which was fetched once. */
export async function prepareStage(folder: string, feeds: readonly Feed[]): Promise<void> {
  await writeFile(path.join(folder, 'password'), `${password}\n`, { mode: 0o600 })
  const lines = [
    ['server', 'account', 'create', 'admin', '--admin', '--password-file', 'password'],
    ['server', 'collection', 'create', 'Writable', '--id', writableId],
    ...feeds.map(({ source, url }) => [
      ...['configure', 'taxii', `feed${source}`, '--url', url, '--begin', '99999d', '--fetch-interval', '1h'],
      ...['--no-test', '--no-input'],
    ]),
  ]
  for (const argv of lines) {
    const { status, told } = await runProgram({ folder, argv })
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${told}`)
  }
  // It ends as failed, since the last page is refused; what came before is stored, and has a collection to be read.
  await runProgram({ folder, argv: ['fetch', '-q'] })
}

/** Changes every profile a little: a source that failed is fetched again at the watch's next look. */
export async function touchProfiles(folder: string, turn: number): Promise<void> {
  const { STIXTAXII_CONFIG_DIR: config = '', STIXTAXII_DATA_DIR: data = '' } = environmentOf(folder)
  const store = await openProfiles({
    folders: { config, data },
    clock: systemClock,
    environment: {},
    workingDirectory: folder,
  })
  const begin = `${99_990 + (turn % 2)}d`
  for (const profile of await store.list()) {
    if (profile.kind === 'taxii') await store.save({ ...profile, begin } satisfies TaxiiProfile)
  }
}

/** What the watch's health file says of each source now; empty while there is none. */
export async function healthOf(folder: string): Promise<readonly { source: string; status: string }[]> {
  const text = await readFile(path.join(folder, 'health.json'), 'utf8').catch(() => '{"sources":[]}')
  return (JSON.parse(text) as { sources: readonly { source: string; status: string }[] }).sources
}
