import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { SimulatedResponse } from '../loopback-server.ts'
import { refusal, success } from './answers.ts'
import type { Call, CallName } from './calls.ts'
import type { DirectorFaults } from './faults.ts'
import { fetchStatus } from './fetch-status.ts'
import { listResponse, listedSource } from './list-shape.ts'
import { announceOrder, isMade, readOrder } from './orders.ts'
import { hasPlugin, isOurPlugin } from './plugin-fetches.ts'
import type { Fabric, LogpointState, PoolState, SourceState, StorageState, StoredFile } from './state.ts'
import type { ReceivedUpload } from './uploads.ts'
import { readWireSource } from './wire-source.ts'

/** A call with everything that carrying it out needs. */
export interface Errand {
  readonly fabric: Fabric
  readonly call: Call
  readonly faults: DirectorFaults
  /** The emulator's own address. */
  readonly origin: string
  /** The body, where the call has JSON. */
  readonly json?: unknown
  readonly upload?: ReceivedUpload | undefined
  /** The call's pool and Logpoint, where it names them and they are there. */
  readonly pool?: PoolState | undefined
  readonly logpoint?: LogpointState | undefined
}

/** Carries out a call on the Fabric: the answer, after whatever was changed. */
export function carryOut(errand: Errand): SimulatedResponse {
  return performers[errand.call.call](errand)
}

const performers: Readonly<Record<CallName, (errand: Errand) => SimulatedResponse>> = {
  packageUpload: uploadPackage,
  packageUploadPublic: uploadPackage,
  packageList: ({ faults, ...rest }) => listResponse(names(storageOf(rest).packages), faults.lists),
  packageListPublic: ({ faults, ...rest }) => listResponse(names(storageOf(rest).packages), faults.lists),
  packageTrash: trashPackage,
  packageTrashPublic: trashPackage,
  pluginInstall: installPlugin,
  pluginUninstall: uninstallPlugin,
  pluginList: ({ faults, ...rest }) => listResponse(logpointOf(rest).plugins, faults.lists),
  certificateUpload: uploadCertificate,
  certificateUploadPublic: uploadCertificate,
  certificateList: ({ faults, ...rest }) => listResponse(names(storageOf(rest).certificates), faults.lists),
  certificateListPublic: ({ faults, ...rest }) => listResponse(names(storageOf(rest).certificates), faults.lists),
  certificateTrash: trashCertificate,
  certificateTrashPublic: trashCertificate,
  orderRead: ({ fabric, call, faults }) => readOrder(fabric, call, faults),
  sourceCreate: createSource,
  sourceEdit: editSource,
  sourceDelete: deleteSource,
  sourceList: listSources,
  fetchStatus: (errand) => {
    const logpoint = logpointOf(errand)
    return listResponse([fetchStatus(errand.call.logpoint ?? '', logpoint, errand.faults)], errand.faults.lists)
  },
  refreshList,
}

function logpointOf({ logpoint }: Pick<Errand, 'logpoint'>): LogpointState {
  if (!logpoint) throw new TypeError('the call names no Logpoint')
  return logpoint
}

function storageOf({ fabric, pool }: Pick<Errand, 'fabric' | 'pool'>): StorageState {
  return pool ?? fabric.public
}

const names = (files: readonly StoredFile[]): string[] => files.map(({ name }) => name)

function put(files: StoredFile[], file: StoredFile): void {
  const at = files.findIndex(({ name }) => name === file.name)
  files.splice(at === -1 ? files.length : at, at === -1 ? 0 : 1, file)
}

function uploadPackage(errand: Errand): SimulatedResponse {
  const { upload, pool } = errand
  if (!upload?.fileName) return refusal(400, 'file_name is required.')
  if (upload.encoding === 'multipart' && upload.partName !== 'file') return refusal(400, 'file is required.')
  if (upload.encoding === 'raw' && upload.contentType !== 'application/octet-stream')
    return refusal(415, 'Content-Type must be application/octet-stream.')
  if (!/\.pak$/i.test(upload.fileName)) return refusal(400, `${upload.fileName} is not an application package.`)
  if (upload.bytes === 0) return refusal(400, 'file is empty.')
  const { fileName: name, bytes, sha256 } = upload
  put(storageOf(errand).packages, { name, bytes, sha256 })
  return success(`${name} successfully uploaded in the ${pool ? 'private' : 'public'} storage. `)
}

function uploadCertificate(errand: Errand): SimulatedResponse {
  const { upload, pool } = errand
  if (upload?.encoding !== 'multipart') return refusal(415, 'Content-Type must be multipart/form-data.')
  if (upload.partName !== 'file_name' || !upload.fileName) return refusal(400, 'file_name is required.')
  if (upload.parts !== 1) return refusal(400, 'One file at a time.')
  const { fileName: name, bytes, sha256, content } = upload
  if (content === undefined) return refusal(413, `${name} is too large for a certificate or a key.`)
  put(storageOf(errand).certificates, { name, bytes, sha256, content: content.toString('base64') })
  return success(`${name} successfully uploaded in ${pool ? 'private' : 'public'} storage.`)
}

function trashPackage(errand: Errand): SimulatedResponse {
  const { packages } = storageOf(errand)
  const at = packages.findIndex(({ name }) => name === errand.call.file)
  if (at === -1) return refusal(404, `${errand.call.file} is not in the storage.`)
  return order(errand, `${errand.call.file} successfully deleted.`, () => packages.splice(at, 1))
}

function trashCertificate(errand: Errand): SimulatedResponse {
  const { certificates } = storageOf(errand)
  const at = certificates.findIndex(({ name }) => name === errand.call.file)
  if (at === -1) return refusal(404, `${errand.call.file} is not in the storage.`)
  certificates.splice(at, 1)
  return success(`${errand.call.file} successfully deleted.`)
}

const installSchema = z.strictObject({
  application_type: z.literal('Application'),
  file_name: z.string().min(1),
  file_location: z.enum(['private', 'public']),
})

function installPlugin(errand: Errand): SimulatedResponse {
  const read = installSchema.safeParse(errand.json)
  if (!read.success) {
    const [issue] = read.error.issues
    return refusal(400, `The field ${issue?.path.join('.') ?? ''} is missing or not valid: ${issue?.message ?? ''}`)
  }
  const { file_name: file, file_location: location } = read.data
  const { packages } = location === 'public' ? errand.fabric.public : storageOf(errand)
  if (!packages.some(({ name }) => name === file)) return refusal(404, `${file} is not in the ${location} storage.`)
  const { plugins } = logpointOf(errand)
  return order(errand, `${file} successfully installed.`, () => addPlugin(plugins, file))
}

/** Puts the plugin of a package in its place; another version of it is replaced and keeps its id. */
export function addPlugin(plugins: LogpointState['plugins'], fileName: string): void {
  const [, name = fileName, version = '0'] = /^(.+?)[_-]v?(\d[\w.]*)\.pak$/i.exec(fileName) ?? []
  const there = plugins.find((plugin) => plugin.name.toLowerCase() === name.toLowerCase())
  if (there) Object.assign(there, { name, version })
  else plugins.push({ id: newId(), name, version })
}

function uninstallPlugin(errand: Errand): SimulatedResponse {
  const { plugins, sources } = logpointOf(errand)
  const at = plugins.findIndex(({ id }) => id === errand.call.id)
  const plugin = plugins[at]
  if (!plugin) return refusal(404, `There is no plugin ${errand.call.id}.`)
  if (isOurPlugin(plugin.name) && sources.length > 0)
    return refusal(409, `${plugin.name} is in use: remove its ${sources.length} configured sources first.`)
  return order(errand, `${plugin.name} successfully uninstalled.`, () => plugins.splice(at, 1))
}

function createSource(errand: Errand): SimulatedResponse {
  const made = checkedSource(errand)
  if ('status' in made) return made
  const { sources } = logpointOf(errand)
  return order(errand, 'Source successfully created.', () => {
    sources.push(made)
    if (errand.faults.twins) sources.push({ ...made, id: newId(), fetch: neverFetched() })
  })
}

function editSource(errand: Errand): SimulatedResponse {
  const { sources } = logpointOf(errand)
  const at = sources.findIndex(({ id }) => id === errand.call.id)
  if (at === -1) return refusal(404, `There is no source ${errand.call.id}.`)
  const made = checkedSource(errand)
  if ('status' in made) return made
  return order(errand, 'Source successfully edited.', () =>
    sources.splice(at, 1, { ...made, id: errand.call.id ?? '' }),
  )
}

function deleteSource(errand: Errand): SimulatedResponse {
  const { sources } = logpointOf(errand)
  const at = sources.findIndex(({ id }) => id === errand.call.id)
  if (at === -1) return refusal(404, `There is no source ${errand.call.id}.`)
  return order(errand, 'Source successfully deleted.', () => sources.splice(at, 1))
}

/** The body's source, with files that are there if they are to be used; or the refusal. */
function checkedSource(errand: Errand): SourceState | SimulatedResponse {
  if (!hasPlugin(logpointOf(errand))) return refusal(404, 'StixTaxii is not installed on this Logpoint.')
  const read = readWireSource(errand.json)
  if ('refusal' in read) return refusal(400, read.refusal)
  const { file_location: location, files, ssl_mode: ssl } = read.source
  const there = names((location === 'public' ? errand.fabric.public : storageOf(errand)).certificates)
  const missing = [files.cert_file, files.cert_key].find((name) => !there.includes(name))
  if (ssl.ssl_status && missing !== undefined) return refusal(400, `${missing} is not in the ${location} storage.`)
  return { id: newId(), fields: read.source, fetch: neverFetched() }
}

function listSources(errand: Errand): SimulatedResponse {
  const logpoint = logpointOf(errand)
  const { lists, staleLists, listNeedsPlugin } = errand.faults
  if (listNeedsPlugin && !hasPlugin(logpoint)) return refusal(404, 'StixTaxii is not installed on this Logpoint.')
  const sources = staleLists ? logpoint.shown : logpoint.sources
  return listResponse(
    sources.map((source) => listedSource(source, lists)),
    lists,
  )
}

function refreshList(errand: Errand): SimulatedResponse {
  const logpoint = logpointOf(errand)
  if (!hasPlugin(logpoint)) return refusal(404, 'StixTaxii is not installed on this Logpoint.')
  if (Object.keys(errand.json as object).length > 0) return refusal(400, 'data has to be empty.')
  return order(
    errand,
    'List successfully refreshed.',
    () => (logpoint.shown = logpoint.sources.map(({ id, fields }) => ({ id, fields }))),
  )
}

/** Makes the change, unless the order is to come to nothing, and announces the order. */
function order(errand: Errand, message: string, change: () => unknown): SimulatedResponse {
  const { fabric, call, faults, json, origin } = errand
  if (isMade(faults.order ?? { kind: 'done' })) change()
  return announceOrder(fabric, { call, message, sent: json, faults, origin })
}

const neverFetched = (): SourceState['fetch'] => ({ lastAttempt: 0, lastSuccess: 0, entries: 0, error: null })

/** 24 hexadecimal digits, as ids of configured things were seen. */
export function newId(): string {
  return randomBytes(12).toString('hex')
}
