import type { NumberedTests } from './conformance-page.ts'

/** One security requirement and, where it is not held whole, what is missing. */
interface SecurityRequirement {
  readonly number: string
  readonly requirement: string
  readonly missing?: string | undefined
  /** What shows it beside tests that carry its number. */
  readonly shownBy?: string | undefined
}

const texts: readonly (string | Omit<SecurityRequirement, 'number'>)[] = [
  'A secret belongs to one origin. No redirect, API root, poll, status or login address and no `next` link takes it elsewhere; `--allow-origin` is the only way.',
  'Addresses that a server names are http(s) only and checked after they are resolved; the connection goes to the checked address. Private ones only beside a private profile.',
  'TLS identity is verified. It is off for one profile at most, and every run says so; the environment cannot switch it off while there are secrets.',
  'Secrets lie in the keyring, a sealed file or the environment; in a plain file only by `--credential-store file`, said before it is written. A keyring that fails stops the command.',
  'The sealed file notices every flipped byte and says when the passphrase is wrong.',
  'No secret in arguments, environments of children, logs, traces, errors, plans, state or snapshots.',
  'CR, LF and NUL are refused in headers, file names and helper lines.',
  'Text of a server reaches a terminal, a pipe or a log without control, escape, bidi and zero-width characters; JSON is exact and escaped.',
  'A name from a server is no path: a slug and a digest, below `--out`, never through a link.',
  'CSV cells that a spreadsheet would compute are defused; `--raw-csv` leaves them.',
  '`__proto__`, `constructor` and `prototype` are data.',
  'XML without DOCTYPE, entities of its own and network, within limits of depth, attributes, names and text.',
  'JSON within limits of bytes, depth, members and strings before an object is made of it.',
  'Patterns run in linear time, within limits of size, nodes and work.',
  'Passwords of accounts are salted scrypt hashes, compared in constant time; tokens have one algorithm, an audience and an end.',
  'No default account and no default secret; loopback only until told; no Basic over plain http off loopback without `--behind-tls`.',
  'Attempts to log in are limited for each account and address, over restarts and processes.',
  'What an account may not see looks like what is not there, for every collection, verb and principal.',
  'Errors tell a client nothing of our inside.',
  'SQL takes values as bound parameters only.',
  'A log has one record in each line, whatever is in it.',
  {
    requirement:
      'Lock file, no install script, a bill of materials and checksums of each release, no telemetry, no connection but to configured hosts.',
    missing: 'provenance and a signature are made where it is published',
  },
  'Parts of one’s own are loaded only from files that nobody else can write to.',
  'A private key goes to public storage only by `--public` and `--yes-public-key`.',
  { requirement: 'Client keys may be encrypted PEM or PKCS#12.', missing: 'keys in PKCS#11 tokens' },
  'Nothing above a TLP ceiling goes out, by export, `enrich` or server, in any version or listing.',
  'For every object: which page it came in, when, from which address, with which certificate; a changed byte is found.',
  {
    requirement: 'A High advisory of a package is answered by a release within seven days.',
    shownBy: 'the release checklist in [CONTRIBUTING.md](CONTRIBUTING.md)',
  },
]

/** The rest is in docs/conformance.md. */
const shownFiles = 3

const begin = '<!-- security requirements: made by npm run docs -->'
const end = '<!-- end -->'

/** `SECURITY.md` with its table as the tests have it. Throws when the page has no place for it. */
export function securityPage(page: string, tests: NumberedTests): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`SECURITY.md needs the lines ${begin} and ${end}`)
  const rows = texts.map((text, index) => row({ number: `S${index + 1}`, ...asRequirement(text) }, tests))
  const table = ['| | requirement | shown by | held |', '| --- | --- | --- | --- |', ...rows].join('\n')
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`
}

function asRequirement(text: (typeof texts)[number]): Omit<SecurityRequirement, 'number'> {
  return typeof text === 'string' ? { requirement: text } : text
}

function row({ number, requirement, missing, shownBy }: SecurityRequirement, tests: NumberedTests): string {
  const files = tests.get(number) ?? []
  const links = files.slice(0, shownFiles).map((file) => `[${file.slice('test/'.length)}](${file})`)
  const more = files.length > shownFiles ? ` and ${files.length - shownFiles} more` : ''
  const shown = shownBy ?? `${links.join(', ')}${more}`
  const held = shown === '' ? 'no: nothing shows it' : missing === undefined ? 'yes' : `but for ${missing}`
  return `| ${number} | ${requirement} | ${shown} | ${held} |`
}
