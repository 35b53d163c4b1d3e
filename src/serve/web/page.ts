import type { SourcedStatement } from '../../store/known-value.ts'
import type { ServedCollection } from '../persistence/served-collection.ts'
import type { CollectionFacts } from '../server-facts.ts'
import { markup } from './html.ts'
import type { Html } from './html.ts'
// The tag has a name of our own: what Prettier knows as HTML it would lay out anew, and the style's digest with it.
import { style } from './style.ts'

/** All that stands on the page, after rights and ceilings were heeded. */
export interface PageContent {
  readonly title: string
  /** Undefined: nobody had to log in. */
  readonly username?: string | undefined
  readonly collections: readonly ShownCollection[]
  readonly discovery: readonly { readonly name: string; readonly url: string }[]
  readonly search?: Search | undefined
  readonly now: Date
}

export interface ShownCollection {
  readonly served: ServedCollection
  /** Undefined: nothing is stored in it yet. */
  readonly facts?: CollectionFacts | undefined
  /** Counts and newest stamp would tell of what this account may not see (S26). */
  readonly isUncounted?: boolean | undefined
}

export interface Search {
  readonly text: string
  /** What it was taken for; undefined: it cannot be any value. */
  readonly kind?: string | undefined
  readonly found: readonly Found[]
}

export interface Found {
  /** How: the value itself, its host, a domain above it, a network. */
  readonly by: string
  readonly kind: string
  readonly value: string
  readonly statements: readonly SourcedStatement[]
  /** How many there are besides those. */
  readonly more: number
}

/** The whole page. Works without script, by keyboard, and at 320 pixels. */
export function page(content: PageContent): string {
  const { title, search } = content
  const heading = search === undefined ? title : `${search.text} - ${title}`
  return `<!doctype html>\n${
    markup`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${heading}</title>
        <style>${{ html: style }}</style>
      </head>
      <body>
        <a class="skip" href="#main">To the content</a>
        <header>
          <h1>${title}</h1>
          ${content.username === undefined ? undefined : markup`<p>Logged in as ${content.username}</p>`}
        </header>
        <main id="main" tabindex="-1">${searchPart(search)} ${collectionsPart(content)}</main>
        <footer>
          ${discoveryPart(content)}
          <p>As of ${stamp(content.now.toISOString())}</p>
        </footer>
      </body>
    </html> `.html
  }`
}

function searchPart(search: Search | undefined): Html {
  return markup`<section aria-labelledby="search">
    <h2 id="search">Search</h2>
    <form action="/" method="get" role="search">
      <div>
        <label for="value">Address, domain, URL, hash or another value</label>
        <input
          id="value"
          name="value"
          type="text"
          value="${search?.text}"
          maxlength="2000"
          required
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
        />
      </div>
      <button type="submit">Search</button>
    </form>
    ${search && answerPart(search)}
  </section>`
}

function answerPart({ text, kind, found }: Search): Html {
  if (kind === undefined && found.length === 0) {
    return markup`<p role="status"><code>${text}</code> is no value that could be known.</p>`
  }
  if (found.length === 0) {
    return markup`<p role="status">Nothing is known of <code>${text}</code>${kind && markup` (${kind})`}.</p>`
  }
  const count = found.reduce((sum, { statements, more }) => sum + statements.length + more, 0)
  return markup`<p role="status">${count} ${count === 1 ? 'statement' : 'statements'} about <code>${text}</code>:</p>
    ${found.map(foundPart)}`
}

const waysInWords: Readonly<Record<string, string>> = {
  value: 'The value itself',
  host: 'Its host',
  'parent-domain': 'A domain above it',
  network: 'A network it is in',
}

function foundPart({ by, kind, value, statements, more }: Found): Html {
  return markup`<h3>${waysInWords[by] ?? by}: <code>${value}</code> (${kind})</h3>
    <ul class="cards">
      ${statements.map(statementPart)}
    </ul>
    ${more > 0 ? markup`<p>And ${more} more.</p>` : undefined}`
}

function statementPart(statement: SourcedStatement): Html {
  const { source, key, role, name, itemId, labels, tlp, confidence, validFrom, validUntil, relatedTo } = statement
  return markup`<li>
    <h4>${name ?? role}</h4>
    <dl>
      ${row('Source', source.name)}${row('Collection', key.collection)}${row('Says', role)}
      ${
        statement.revoked
          ? markup`<dt>Status</dt>
              <dd class="bad">revoked</dd>`
          : undefined
      }
      ${row('Valid from', validFrom && stamp(validFrom))}${row('Until', validUntil && stamp(validUntil))}
      ${row('TLP', tlp)}${row('Confidence', confidence)}${row('Labels', labels.join(', ') || undefined)}
      ${row('Category', statement.category)}
      ${row('Related to', relatedTo.map(({ type, name: related }) => `${related} (${type})`).join(', ') || undefined)}
      ${row('Description', shortened(statement.description))}${row('Id', markup`<code>${itemId}</code>`)}
    </dl>
  </li>`
}

function collectionsPart({ collections }: PageContent): Html {
  return markup`<section aria-labelledby="collections">
    <h2 id="collections">Collections (${collections.length})</h2>
    ${
      collections.length === 0
        ? markup`<p>None that you may read.</p>`
        : markup`<ul class="cards">
            ${collections.map(collectionPart)}
          </ul>`
    }
  </section>`
}

function collectionPart({ served, facts, isUncounted }: ShownCollection): Html {
  return markup`<li>
    <h3>${served.title}</h3>
    <dl>
      ${isUncounted ? undefined : countRows(facts)}${fetchRows(facts)}
      ${row('TAXII 2', markup`<code>/${served.apiRootId}/collections/${served.id}/</code>`)}
      ${row('TAXII 1.x', markup`<code>${served.name}</code>`)}
    </dl>
  </li>`
}

function countRows(facts: CollectionFacts | undefined): Html {
  return markup`${row('Objects', facts ? facts.versions - facts.blocks : 0)}${row('Blocks', facts && facts.blocks > 0 ? facts.blocks : undefined)}
      ${row('Newest', facts?.lastAddedAt && stamp(facts.lastAddedAt))}`
}

function fetchRows(facts: CollectionFacts | undefined): Html | undefined {
  if (!facts?.lastRun) return undefined
  const { status } = facts.lastRun
  const isGood = status === 'ok' || status === 'running'
  return markup`${row('Last fetch', facts.lastFetchedAt ? stamp(facts.lastFetchedAt) : 'never without a failure')}
    <dt>Status</dt>
    <dd class="${isGood ? 'good' : 'bad'}">${status}</dd>`
}

function discoveryPart({ discovery }: PageContent): Html {
  return markup`<h2>Addresses for TAXII clients</h2>
    <dl>${discovery.map(({ name, url }) => row(name, markup`<code>${url}</code>`))}</dl>`
}

function row(name: string, value: Html | string | number | undefined): Html | undefined {
  return value === undefined
    ? undefined
    : markup`<dt>${name}</dt>
        <dd>${value}</dd>`
}

/** `2026-01-02 03:04:05 UTC`. */
function stamp(text: string): Html {
  return markup`<time datetime="${text}">${text.slice(0, 19).replace('T', ' ')} UTC</time>`
}

function shortened(text: string | undefined): string | undefined {
  return text !== undefined && text.length > 500 ? `${text.slice(0, 500)}…` : text
}
