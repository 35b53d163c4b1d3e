import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import path from 'node:path'
import { temporaryFolder } from '../support/run-cli.ts'
import { findProgram } from './daemon.ts'

/** Why there can be no network of our own here; undefined when there can. Root in a container may lack the right. */
export function lackOfNamespaces(): string | undefined {
  return works(['unshare', '-n', '-m', 'ip', 'link', 'set', 'lo', 'up']) ? undefined : 'network namespaces'
}

/** Why packets cannot be dropped here; undefined when they can. */
export function lackOfFilter(): string | undefined {
  return (
    lackOfNamespaces() ??
    (works(['unshare', '-n', 'sh', '-c', 'iptables -L -n && ip6tables -L -n']) ? undefined : 'iptables')
  )
}

function works(argv: readonly string[]): boolean {
  try {
    execFileSync(argv[0] as string, argv.slice(1), { stdio: 'ignore', env: { PATH: withSbin } })
    return true
  } catch {
    return false
  }
}

const withSbin = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

/** A network of its own that has nothing but loopback with the addresses it is given, and its own name service. */
export interface Namespace extends AsyncDisposable {
  /** What runs a program inside. */
  readonly prefix: readonly string[]
  /** Runs a program inside to its end. */
  run(...argv: readonly string[]): void
  /** Lines of the hosts file by which the name service answers from now on, without a restart. */
  names(lines: readonly string[]): void
  /** What the name service was asked for, as it writes it down. */
  asked(): string
  /** Local addresses at which connections came in, in their order. */
  reached(): readonly string[]
}

// Listens inside and hands each connection over to a socket in the file system, which knows no namespaces.
const gate = `
const [, file, log, port, ...addresses] = process.argv
const { appendFileSync } = require('node:fs')
const net = require('node:net')
for (const address of addresses) net.createServer((inner) => {
  appendFileSync(log, address + '\\n')
  const outer = net.connect(file)
  inner.on('error', () => outer.destroy()).pipe(outer)
  outer.on('error', () => inner.destroy()).pipe(inner)
}).listen(Number(port), address, () => appendFileSync(log, 'open\\n'))
`
// A name service that hears everything and says nothing.
const mute = `require('node:dgram').createSocket('udp4').bind(53, '127.0.0.1', () => console.log('up'))`

export interface NamespaceOptions {
  /** The port outside to which connections go. */
  readonly upstream: number
  /** The port inside at which they come. */
  readonly port: number
  /** Addresses that exist inside; those in `deaf` have nobody who listens. */
  readonly addresses: readonly string[]
  readonly deaf?: readonly string[] | undefined
  /** What the name service is told besides; `mute` has one that never answers. Default: no name but those of \`names\`. */
  readonly service?: readonly string[] | 'mute' | undefined
}

export async function openNamespace(options: NamespaceOptions): Promise<Namespace> {
  const folder = temporaryFolder()
  const file = (name: string, text = ''): string => {
    writeFileSync(path.join(folder, name), text)
    return path.join(folder, name)
  }
  const running: ChildProcess[] = []
  const start = (argv: readonly string[]): ChildProcess => {
    const child = spawn(argv[0] as string, argv.slice(1), { stdio: 'ignore', env: { PATH: withSbin } })
    running.push(child)
    return child
  }
  const resolver = file('resolv.conf', 'nameserver 127.0.0.1\n')
  const ready = path.join(folder, 'ready')
  const setUp = [
    'ip link set lo up',
    ...options.addresses.map((each) => `ip addr add ${each}/${each.includes(':') ? '128 nodad' : '32'} dev lo`),
    `mount --bind ${resolver} /etc/resolv.conf`,
    `touch ${ready}`,
  ]
  const holder = start(['unshare', '-n', '-m', 'sh', '-ec', `${setUp.join('\n')}\nexec sleep 3600`])
  await until(() => existsSync(ready), 'the namespace')
  const prefix = ['nsenter', '-t', String(holder.pid), '-n', '-m']

  const socket = path.join(folder, 'gate.sock')
  const outside = createServer((inner) => {
    const outer = connect(options.upstream, '127.0.0.1')
    inner.on('error', () => outer.destroy()).pipe(outer)
    outer.on('error', () => inner.destroy()).pipe(inner)
  })
  await new Promise<void>((resolve) => outside.listen(socket, resolve))
  const log = file('gate.log')
  const heard = options.addresses.filter((each) => options.deaf?.includes(each) !== true)
  start([...prefix, process.execPath, '-e', gate, socket, log, String(options.port), ...heard])
  const lines = (): readonly string[] => readFileSync(log, 'utf8').split('\n').slice(0, -1)
  await until(() => lines().filter((line) => line === 'open').length === heard.length, 'the gate')

  const [hosts, queries] = [file('hosts'), file('queries')]
  const isMute = options.service === 'mute'
  const told = ['--no-resolv', '--no-hosts', `--addn-hosts=${hosts}`, '--log-queries', `--log-facility=${queries}`]
  const own = ['--keep-in-foreground', '--conf-file=/dev/null', '--user=root', '--pid-file=', '--local-ttl=0', ...told]
  const extra = isMute ? [] : (options.service ?? [])
  const service = isMute
    ? [process.execPath, '-e', mute]
    : ['dnsmasq', ...own, '--local=/example/', '--listen-address=127.0.0.1', '--bind-interfaces', ...extra]
  const namer = start([...prefix, ...service])
  const asked = (): string => readFileSync(queries, 'utf8')
  await until(() => isMute || asked().includes('started'), 'the name service')

  return {
    prefix,
    run: (...argv) => {
      execFileSync(prefix[0] as string, [...prefix.slice(1), ...argv], { env: { PATH: withSbin }, stdio: 'pipe' })
    },
    names(each) {
      writeFileSync(hosts, `${each.join('\n')}\n`)
      // It reads its files again at this signal, and writes that down.
      const before = asked().split('read ').length
      namer.kill('SIGHUP')
      for (let tries = 0; asked().split('read ').length === before && tries < 200; tries++) pause(25)
    },
    asked,
    reached: () => lines().filter((line) => line !== 'open'),
    async [Symbol.asyncDispose]() {
      for (const child of running.reverse()) child.kill('SIGKILL')
      await new Promise((resolve) => outside.close(resolve))
    },
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what} did not come up`)
}

/** dnsmasq, where it is installed. */
export const dnsmasq = findProgram('dnsmasq')
