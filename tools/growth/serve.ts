import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Growth } from './growth.ts'

const pages = 200
const pageSize = 1000
const headers = { accept: 'application/taxii+json;version=2.1' }

/** 200 pages of at most 1,000 objects from all over the collection, one after the other; the server's own time and memory. */
export const growthOfServe: Growth = {
  name: 'serve',
  unit: 'object',
  async run(_objects, { store, filling }) {
    const flags = ['--port', '0', '--store', store, '-o', 'ndjson', '--log-level', 'warn', '--quiet']
    const child = spawn(process.execPath, [path.resolve('bin/stixtaxii.js'), 'serve', ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
      const { url } = JSON.parse(line) as { url: string }
      const listed = (await read(`${url}/default/collections/`)).body as { collections: readonly { id: string }[] }
      const base = `${url}/default/collections/${listed.collections[0]?.id}/objects/?limit=${pageSize}`
      const first = await read(base)
      const from = Date.parse(first.firstAdded)
      const begun = { cpuMs: cpuMsOf(child.pid), wallMs: performance.now() }
      let count = 0
      for (let page = 0; page < pages; page++) {
        const after = new Date(from + (filling.wallMs * ((page * 37) % pages)) / pages).toISOString()
        count += await countOf(`${base}&added_after=${after}`)
      }
      if (count < pageSize) throw new Error(`serve gave ${count} objects in ${pages} pages`)
      const wallMs = performance.now() - begun.wallMs
      return { cpuMs: cpuMsOf(child.pid) - begun.cpuMs, wallMs, peakMiB: peakMiBOf(child.pid), count }
    } finally {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
  },
}

/** @throws Error when a page that says there is more is not full */
async function countOf(url: string): Promise<number> {
  const { objects = [], more } = (await read(url)).body as { objects?: readonly unknown[]; more?: boolean }
  if (more === true && objects.length !== pageSize)
    throw new Error(`a page of ${objects.length} that says there is more`)
  return objects.length
}

async function read(url: string): Promise<{ readonly body: unknown; readonly firstAdded: string }> {
  const answer = await fetch(url, { headers })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return { body: await answer.json(), firstAdded: answer.headers.get('x-taxii-date-added-first') ?? '' }
}

const statusOf = (pid: number | undefined, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')

// utime and stime: fields 14 and 15, in clock ticks of 10 ms.
function cpuMsOf(pid: number | undefined): number {
  const fields = statusOf(pid, 'stat').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const peakMiBOf = (pid: number | undefined): number =>
  Number(/VmHWM:\s+(\d+)/.exec(statusOf(pid, 'status'))?.[1] ?? Number.NaN) / 1024
