import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  aDomain,
  aFile,
  aHash,
  anAddress,
  anIndicator,
  anObject,
  anObservable,
  aPackage,
  composition,
} from '../stix/stix1/a-package.ts'
import { peersFolder } from './peers/opentaxii.ts'

const run = promisify(execFile)
const program = path.resolve('bin/stixtaxii.js')
const shared = path.resolve('..', 'shared', 'data')

/** What OASIS's library says of the bundle that `convert` makes of some files. */
async function judged(...files: readonly string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-convert-'))
  try {
    const out = path.join(folder, 'out.json')
    const env = { ...process.env, HOME: folder }
    await run(process.execPath, [program, 'convert', ...files, '--out', out, '-q'], { env, maxBuffer: 1 << 28 })
    const python = path.join(peersFolder ?? '', 'bin', 'python')
    const { stdout } = await run(python, [path.resolve('test/slow/peers/check_stix21.py'), out], { maxBuffer: 1 << 28 })
    return JSON.parse(stdout) as { read: number; refused: unknown[]; otherIds: unknown[] }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe.skipIf(peersFolder === undefined)("converted STIX and OASIS's own library", () => {
  it('reads the real feeds without a complaint, and gives cyber-observables the same ids', async () => {
    const answer = await judged(path.join(shared, 'stix1'), path.join(shared, 'stix2', 'talos-darkgate-stix20.json'))
    expect(answer).toMatchObject({ refused: [], otherIds: [] })
    expect(answer.read).toBeGreaterThan(4500)
  })

  it('reads every kind of object and pattern that we make', async () => {
    const md5 = '0123456789abcdef0123456789abcdef'
    const socket =
      '<sock:IP_Address><addr:Address_Value>192.0.2.1</addr:Address_Value></sock:IP_Address><sock:Port><port:Port_Value>80</port:Port_Value></sock:Port>'
    const observables = [
      anAddress('192.0.2.1'),
      anAddress('198.51.100.0/24', 'cidr'),
      anAddress('2001:db8::1', 'ipv6-addr'),
      anAddress('ann@a.example', 'e-mail'),
      anAddress('00:00:5e:00:53:01', 'mac'),
      anAddress('64496', 'asn'),
      aDomain('a.example##comma##b.example'),
      anObject('uri:URI', '<uri:Value>http://bad.example/it%27s</uri:Value>', 'type="URL"'),
      aFile(`<file:File_Name>a'\\.exe</file:File_Name><file:File_Path>C:\\x</file:File_Path>${aHash('MD5', md5)}`),
      anObject('reg:WindowsRegistryKey', '<reg:Hive>HKEY_LOCAL_MACHINE</reg:Hive><reg:Key>Software\\Bad</reg:Key>'),
      anObject('mut:Mutex', '<mut:Name>m</mut:Name>'),
      anObject('proc:Process', '<proc:Name>bad.exe</proc:Name><proc:PID>7</proc:PID>'),
      anObject('sock:SocketAddress', socket),
      anObject(
        'mail:EmailMessage',
        '<mail:Header><mail:From><addr:Address_Value>eve@bad.example</addr:Address_Value></mail:From><mail:Subject>Hi</mail:Subject></mail:Header>',
      ),
      anObject(
        'cert:X509Certificate',
        '<cert:Certificate><cert:Serial_Number>0A</cert:Serial_Number><cert:Issuer>CN=x</cert:Issuer></cert:Certificate>',
      ),
    ]
    const parts = observables.map((each) => anObservable(each))
    const indicators = [
      ...observables.map((each, index) => anIndicator(anObservable(each, '', 'i'), `id="ex:i${index}"`)),
      anIndicator(anObservable(composition('AND', ...parts), '', 'i'), 'id="ex:and"'),
      anIndicator(anObservable(composition('OR', ...parts), '', 'i'), 'id="ex:or" negate="true"'),
    ]
    const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-convert-'))
    const file = path.join(folder, 'all.xml')
    await writeFile(
      file,
      aPackage(`<s:Observables>${parts.join('')}</s:Observables><s:Indicators>${indicators.join('')}</s:Indicators>`, {
        attributes: 'timestamp="2026-01-01T00:00:00Z"',
      }),
    )
    const answer = await judged(file).finally(() => rm(folder, { recursive: true, force: true }))
    expect(answer).toMatchObject({ refused: [], otherIds: [] })
    expect(answer.read).toBeGreaterThan(30)
  })
})
