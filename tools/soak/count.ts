import { systemClock } from '../../src/cli/process-host.ts'
import { openStore } from '../../src/store/registry.ts'
import type { Feed } from './feed.ts'

/** Sentences about what is lost, doubled or foreign in the store, when everything has come to rest. */
export async function countStored(
  file: string,
  feeds: readonly Feed[],
  acknowledged: ReadonlySet<string>,
): Promise<{ readonly lines: readonly string[]; readonly faults: readonly string[] }> {
  await using store = await openStore(file, { clock: systemClock, identity: { pid: process.pid, host: 'soak' } })
  const bySource = new Map<string, string[]>()
  for await (const { source, item } of store.versions({})) {
    const keys = bySource.get(source.name) ?? []
    bySource.set(source.name, keys)
    keys.push('version' in item ? `${item.id} ${item.version}` : item.id)
  }
  const [lines, faults]: [string[], string[]] = [[], [...(await store.verify()).problems]]
  const compare = (name: string, wanted: ReadonlySet<string>, keys: readonly string[]): void => {
    const distinct = new Set(keys)
    const lost = [...wanted].filter((key) => !distinct.has(key)).length
    const foreign = [...distinct].filter((key) => !wanted.has(key)).length
    const doubled = keys.length - distinct.size
    const text = `${name}: ${wanted.size} given, ${keys.length} stored, ${lost} lost, ${doubled} doubled, ${foreign} foreign`
    lines.push(text)
    if (lost + foreign + doubled > 0) faults.push(text)
  }
  const fed = feeds.map(({ source }) => `feed${source}`)
  for (const feed of feeds) compare(`feed${feed.source}`, feed.given, bySource.get(`feed${feed.source}`) ?? [])
  const posted = [...bySource].filter(([name]) => !fed.includes(name)).flatMap(([, keys]) => keys)
  compare('posted', acknowledged, posted)
  return { lines, faults }
}
