import { startLoopback, type LoopbackServer, type SimulatedRequest } from '../../src/simulate/loopback-server.ts'

/** What a scripted server says: a value becomes JSON with the 2.1 media type; the rest overrides that. */
export interface Said {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly text?: string
}

export type Script = (request: SimulatedRequest) => Said | undefined

export const taxii21 = 'application/taxii+json;version=2.1'

/** A server that says what a script says, and 404 to everything else. */
export function startScript(script: Script): Promise<LoopbackServer> {
  return startLoopback((request) => {
    const said = script(request)
    if (!said) return { status: 404, headers: { 'content-type': taxii21 }, body: Buffer.from('{"title":"Not found"}') }
    const body = Buffer.from(said.text ?? JSON.stringify(said.json ?? {}))
    return { status: said.status ?? 200, headers: { 'content-type': taxii21, ...said.headers }, body }
  })
}

/** A script of one root `/r/` with the collection `c1`, whose objects (and whatever else) are said by `objects`. */
export function oneCollection(objects: Script): Script {
  return (request) => {
    if (request.path === '/r/') return { json: { title: 'r', versions: [taxii21], max_content_length: 100_000 } }
    if (request.path === '/r/collections/c1/')
      return { json: { id: 'c1', title: 'c1', can_read: true, can_write: true } }
    return objects(request)
  }
}

/** Where that collection's objects are. */
export const objectsUrl = (server: LoopbackServer): string => `${server.url}/r/collections/c1/objects/`

export const isObjects = (request: SimulatedRequest): boolean => request.path === '/r/collections/c1/objects/'
