import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/run-cli.ts'
import { programFile } from '../support/run-program.ts'

/**
 * A day's work with servers of our own: everything runs in a network that has nothing but loopback, so that whoever called
 * home would fail, and strace writes down what each process and thread tried to reach.
 */
const session = `
set -eu
ip link set lo up
try() { strace -f -qq -e trace=connect,sendto,sendmsg,sendmmsg -e signal=none -o "trace-$1" "$NODE" "$PROGRAM" "\${@:2}"; }
pool=0123456789abcdef0123456789abcdef logpoint=fedcba9876543210fedcba9876543210
printf 'correct horse battery\\n' > password
chmod 600 password
try account server account create admin --admin --password-file password -q
try collection server collection create Writable --id 00000000-0000-4000-8000-0000000000aa -q
"$NODE" "$PROGRAM" serve --port 0 -o ndjson > served &
serving=$!
"$NODE" "$PROGRAM" director emulate --token-file token --pool "acme=$pool" --logpoint "acme/lp1=$logpoint" -o json > emulated 2> /dev/null &
emulating=$!
trap 'kill $serving $emulating' EXIT
until grep -q url served && grep -q url emulated; do sleep 0.1; done
url=$(sed -n 's/.*"url": *"\\([^"]*\\)".*/\\1/p' served | head -n 1)
director=$(sed -n 's/.*"url": *"\\([^"]*\\)".*/\\1/p' emulated | head -n 1)
export STIXTAXII_DATA_DIR=$PWD/client STIXTAXII_CONFIG_DIR=$PWD/client
try configure configure taxii own --url "$url/taxii2/" --taxii-version 2.1 --username admin --password-file password --credential-store file -q
try fetch fetch own -o json > fetched
try demo demo -q
try doctor doctor -q
try hq configure director hq --url "$director" --token-file token --pool "acme=$pool" --logpoint "acme/lp1=$logpoint" --credential-store file -q
try plugins director plugin list --on acme/lp1 -o json
try sources director source status --profile hq -o json
try export export --format stix
try version --version
printf '%s\\n' "$url" "$director" > addresses
`

const sockets = /sa_family=(AF_\w+)[^}]*/g

/** What was tried to be reached in a trace of strace: `unix`, `127.0.0.1:80`. */
function reached(trace: string): string[] {
  return [...trace.matchAll(sockets)].flatMap(([text, family]) => {
    if (family === 'AF_UNIX' || family === 'AF_UNSPEC' || family === 'AF_NETLINK') return []
    const address = /inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/.exec(text)
    return [`${address?.[1] ?? address?.[2] ?? 'unknown'}:${/sin6?_port=htons\((\d+)\)/.exec(text)?.[1] ?? ''}`]
  })
}

function works(name: string, ...argv: readonly string[]): boolean {
  try {
    execFileSync(name, argv, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

// The landing check installs strace; namespaces are the machine's to give.
const lacking = !works('unshare', '-rn', 'ip', 'link')
  ? 'network namespaces'
  : process.env.CI !== 'true' && !works('strace', '-V')
    ? 'strace'
    : undefined

describe(`S22 in a network of loopback alone${lacking === undefined ? '' : ` (needs ${lacking})`}`, () => {
  it.skipIf(lacking !== undefined)('all commands work, and nobody else is asked for', async () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'session.sh'), session)
    const env = { PATH: process.env.PATH, HOME: folder, NODE: process.execPath, PROGRAM: programFile }
    const dirs = { STIXTAXII_CONFIG_DIR: path.join(folder, 'server'), STIXTAXII_DATA_DIR: path.join(folder, 'server') }
    await promisify(execFile)('unshare', ['-rn', 'bash', 'session.sh'], { cwd: folder, env: { ...env, ...dirs } })

    const traces = execFileSync('sh', ['-c', 'cat trace-*'], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 })
    const own = readFileSync(path.join(folder, 'addresses'), 'utf8').trim().split('\n')
    const seen = new Set(reached(traces))
    expect(seen).toEqual(new Set([...seen].filter((address) => address.startsWith('127.0.0.1:'))))
    for (const url of own) expect(seen).toContain(new URL(url).host)
    expect(reached('connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, 16)')).toEqual(
      ['192.0.2.1:53'],
    )
  })
})
