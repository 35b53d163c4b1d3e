import type { Match, Page } from '../client.ts'
import { namesOf } from './object-names.ts'
import type { Session } from './session.ts'

/**
 * Leaves out what does not match `match[type]` and `match[id]`: some servers ignore these filters, or some of their values.
 * An object that cannot be read stays, so that whoever keeps it can say what is wrong with it.
 */
export async function* pagesMatching(
  session: Session,
  pages: AsyncIterable<Page>,
  match: readonly Match[],
): AsyncGenerator<Page> {
  const types = valuesOf(match, 'type')
  const ids = valuesOf(match, 'id')
  if (!types && !ids) {
    yield* pages
    return
  }
  let told = false
  for await (const page of pages) {
    const items = page.items.filter(({ raw }) => {
      const names = namesOf(raw)
      return names === undefined || (isWanted(types, names.type) && isWanted(ids, names.id))
    })
    if (items.length < page.items.length && !told) {
      told = true
      const message = `${session.settings.url.host} ignores match: what was not asked for is left out here`
      session.dependencies.notices({ code: 'TAXII_MATCH_IGNORED', message })
    }
    yield items.length < page.items.length ? { ...page, items } : page
  }
}

function valuesOf(match: readonly Match[], field: string): ReadonlySet<string> | undefined {
  const values = match.filter((each) => each.field === field).flatMap((each) => each.values)
  return values.length > 0 ? new Set(values) : undefined
}

function isWanted(values: ReadonlySet<string> | undefined, value: string | undefined): boolean {
  return values === undefined || value === undefined || values.has(value)
}
