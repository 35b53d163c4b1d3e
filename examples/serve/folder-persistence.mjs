// A TAXII 2 persistence that keeps everything as files in one folder, for one process. Named in the configuration of
// `stixtaxii serve` as taxii2.persistence_api. It shows every operation; for many objects take the built-in one.
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function open({ folder }, { clock, StixTaxiiError }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const fileOf = (name) => join(folder, `${name}.json`)
  const read = (name, otherwise) => {
    try {
      return JSON.parse(readFileSync(fileOf(name), 'utf8'))
    } catch (error) {
      if (error.code === 'ENOENT') return otherwise
      throw error
    }
  }
  // Whole or not at all: a kill leaves the file as it was.
  const write = (name, content) => {
    writeFileSync(`${fileOf(name)}.new`, JSON.stringify(content), { mode: 0o600, flush: true })
    renameSync(`${fileOf(name)}.new`, fileOf(name))
  }
  const refuse = (code, message, kind) => new StixTaxiiError(code, message, { kind })
  const state = { roots: [], collections: [], ...read('state', {}) }
  const keepState = () => write('state', state)
  // Objects and jobs of a collection are one file, so that no job says more than there is.
  const shelfOf = ({ id }) => read(id, { newest: 0, objects: [], jobs: [] })
  const jobsKeptMs = 24 * 3_600_000

  const stamp = (micros) =>
    new Date(Math.floor(micros / 1000)).toISOString().replace('Z', `${String(micros % 1000).padStart(3, '0')}Z`)
  const nowMicros = () => clock.now().getTime() * 1000

  function pick(collection, filter, versionsByDefault) {
    const { addedAfter, next, ids, types, specVersions, versions = versionsByDefault } = filter
    let found = shelfOf(collection).objects.filter(
      (one) => (!ids || ids.includes(one.id)) && (!types || types.includes(one.type)),
    )
    const newestSpec = (id) =>
      found.filter((one) => one.id === id).reduce((most, one) => (one.specVersion > most ? one.specVersion : most), '')
    found = found.filter((one) =>
      specVersions ? specVersions.includes(one.specVersion) : one.specVersion === newestSpec(one.id),
    )
    if (!versions.includes('all')) found = found.filter((one) => isWanted(one, found, versions))
    const after = next?.dateAdded ?? addedAfter
    return after === undefined ? found : found.filter((one) => microsOf(one.dateAdded) > microsOf(after))
  }

  function page(collection, filter, entryOf, versionsByDefault = ['last']) {
    const found = pick(collection, filter, versionsByDefault)
    const entries = found.slice(0, filter.limit)
    if (found.length <= filter.limit) return { entries: entries.map(entryOf), more: false }
    const { dateAdded, id, version } = entries.at(-1)
    return { entries: entries.map(entryOf), more: true, next: { dateAdded, id, version } }
  }

  const isKnown = (collection, id) => shelfOf(collection).objects.some((one) => one.id === id)
  const ofObject = (collection, id, filter, entryOf, versionsByDefault) =>
    isKnown(collection, id) ? page(collection, { ...filter, ids: [id] }, entryOf, versionsByDefault) : undefined
  const objectOf = ({ raw, ...one }) => ({ ...one, raw: Buffer.from(raw) })
  const recordOf = ({ id, version, specVersion, dateAdded }) => ({ id, version, specVersion, dateAdded })
  const versionOf = ({ version, dateAdded }) => ({ version, dateAdded })

  const writable = (collection) => {
    if (!collection.isWritable)
      throw refuse('SERVE_COLLECTION_READ_ONLY', `"${collection.title}" is read-only`, 'refused')
  }
  const onlyDefault = (apiRoot) => {
    if (apiRoot.isDefault)
      state.roots = state.roots.map((one) => (one.id === apiRoot.id ? one : { ...one, isDefault: false }))
  }
  const isTaken = ({ id, apiRootId, alias }, but) =>
    state.collections.some(
      (one) =>
        one.id !== but &&
        (one.id === id || (alias !== undefined && one.apiRootId === apiRootId && one.alias === alias)),
    )

  return {
    nextParam: (key) => {
      const text = JSON.stringify([key.dateAdded, key.id, key.version])
      return Buffer.from(JSON.stringify([digest(text), text])).toString('base64url')
    },
    parseNextParam(text) {
      const forged = refuse('SERVE_NEXT_FORGED', 'This is no "next" of ours', 'usage')
      try {
        const bytes = Buffer.from(text, 'base64url')
        const [sum, key] = JSON.parse(bytes.toString())
        if (bytes.toString('base64url') !== text || sum !== digest(key)) throw forged
        const [dateAdded, id, version] = JSON.parse(key)
        return { dateAdded, id, version }
      } catch {
        throw forged
      }
    },

    getApiRoots: async () => [...state.roots],
    getApiRoot: async (id) => state.roots.find((one) => one.id === id),
    async createApiRoot({ id = randomUUID(), ...more }) {
      if (state.roots.some((one) => one.id === id))
        throw refuse('SERVE_API_ROOT_EXISTS', `"${id}" is there`, 'conflict')
      const apiRoot = { id, ...more }
      state.roots.push(apiRoot)
      onlyDefault(apiRoot)
      keepState()
      return apiRoot
    },
    async updateApiRoot(apiRoot) {
      const at = state.roots.findIndex((one) => one.id === apiRoot.id)
      if (at < 0) throw refuse('SERVE_API_ROOT_UNKNOWN', `There is no "${apiRoot.id}"`, 'not-found')
      state.roots[at] = apiRoot
      onlyDefault(apiRoot)
      keepState()
      return apiRoot
    },
    async deleteApiRoot(id) {
      if (!state.roots.some((one) => one.id === id)) return false
      for (const one of await this.getCollections(id)) await this.deleteCollection(id, one.id)
      state.roots = state.roots.filter((one) => one.id !== id)
      keepState()
      return true
    },

    getCollections: async (apiRootId) => state.collections.filter((one) => one.apiRootId === apiRootId),
    getCollection: async (apiRootId, name) =>
      state.collections.find((one) => one.apiRootId === apiRootId && (one.id === name || one.alias === name)),
    async createCollection({ id = randomUUID(), ...more }) {
      const collection = { id, ...more }
      if (isTaken(collection)) throw refuse('SERVE_COLLECTION_EXISTS', `"${id}" or its alias is there`, 'conflict')
      state.collections.push(collection)
      keepState()
      return collection
    },
    async updateCollection(collection) {
      const at = state.collections.findIndex((one) => one.id === collection.id)
      if (at < 0) throw refuse('SERVE_COLLECTION_UNKNOWN', `There is no "${collection.id}"`, 'not-found')
      if (isTaken(collection, collection.id)) throw refuse('SERVE_COLLECTION_EXISTS', 'Its alias is taken', 'conflict')
      state.collections[at] = collection
      keepState()
      return collection
    },
    async deleteCollection(apiRootId, id) {
      const at = state.collections.findIndex((one) => one.apiRootId === apiRootId && one.id === id)
      if (at < 0) return false
      state.collections.splice(at, 1)
      keepState()
      rmSync(fileOf(id), { force: true })
      return true
    },

    getObjects: async (collection, filter) => page(collection, filter, objectOf),
    getManifest: async (collection, filter) => page(collection, filter, recordOf),
    getObject: async (collection, id, filter) => ofObject(collection, id, filter, objectOf),
    getVersions: async (collection, id, filter) => ofObject(collection, id, filter, versionOf, ['all']),

    async addObjects(apiRootId, collection, objects, from) {
      writable(collection)
      const requestedAt = stamp(nowMicros())
      const shelf = shelfOf(collection)
      const details = objects.map((raw) => add(shelf, raw.toString()))
      const job = {
        id: randomUUID(),
        apiRootId,
        status: 'complete',
        requestedAt,
        completedAt: stamp(nowMicros()),
        details,
      }
      if (from?.account !== undefined) job.account = from.account
      shelf.jobs = [...shelf.jobs.filter(isKept), job]
      write(collection.id, shelf)
      return job
    },
    async getJob(apiRootId, jobId) {
      const shelves = (await this.getCollections(apiRootId)).map(shelfOf)
      return shelves.flatMap(({ jobs }) => jobs).find((job) => job.id === jobId && isKept(job))
    },
    async deleteObject(collection, id, { versions = ['all'], specVersions } = {}) {
      writable(collection)
      const gone = new Set(
        pick(collection, { ids: [id], versions, specVersions: specVersions ?? ['2.0', '2.1'] }).map(
          (one) => one.dateAdded,
        ),
      )
      if (gone.size === 0) return 0
      const shelf = shelfOf(collection)
      write(collection.id, { ...shelf, objects: shelf.objects.filter((one) => !gone.has(one.dateAdded)) })
      return gone.size
    },
    async [Symbol.asyncDispose]() {},
  }

  function isKept({ completedAt }) {
    return clock.now().getTime() - Date.parse(completedAt) < jobsKeptMs
  }

  function add(shelf, text) {
    let object
    try {
      object = JSON.parse(text)
    } catch {
      return { stixId: '', status: 'failure', message: 'This is no JSON' }
    }
    const { id, type } = object ?? {}
    if (typeof id !== 'string' || typeof type !== 'string')
      return { stixId: typeof id === 'string' ? id : '', status: 'failure', message: 'An object has an id and a type' }
    const raw = withoutSpace(text)
    const date = object.modified ?? object.created
    const version = typeof date === 'string' ? date : `sha256:${digest(raw)}`
    const detail = { stixId: id, ...(date !== undefined && { version }), status: 'success' }
    const same = shelf.objects.find((one) => one.id === id && one.version === version)
    if (same)
      return same.raw === raw ? detail : { ...detail, status: 'failure', message: 'Another of this version is there' }
    const specVersion = object.spec_version ?? (date === undefined ? '2.1' : '2.0')
    shelf.newest = Math.max(shelf.newest + 1, nowMicros())
    shelf.objects.push({ id, type, specVersion, version, dateAdded: stamp(shelf.newest), raw })
    return detail
  }
}

const digest = (text) => createHash('sha256').update(String(text)).digest('hex').slice(0, 32)
const microsOf = (time) => Date.parse(time) * 1000 + Number((/\.\d{3}(\d{1,3})/.exec(time)?.[1] ?? '0').padEnd(3, '0'))
const withoutSpace = (json) => json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')

function isWanted(one, all, versions) {
  const others = all.filter((other) => other.id === one.id && other !== one)
  const isLater = (a, b) => (Date.parse(a.version) || 0) > (Date.parse(b.version) || 0)
  return (
    (versions.includes('last') && !others.some((other) => isLater(other, one))) ||
    (versions.includes('first') && !others.some((other) => isLater(one, other))) ||
    versions.some((version) => version === one.version || Date.parse(version) === Date.parse(one.version))
  )
}
