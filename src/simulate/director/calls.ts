/** Every call of the plugin's guide by a name of ours, with the Plugins list that the guide leans on. */
export type CallName =
  | 'packageUpload'
  | 'packageUploadPublic'
  | 'packageList'
  | 'packageListPublic'
  | 'packageTrash'
  | 'packageTrashPublic'
  | 'pluginInstall'
  | 'pluginUninstall'
  | 'pluginList'
  | 'certificateUpload'
  | 'certificateUploadPublic'
  | 'certificateList'
  | 'certificateListPublic'
  | 'certificateTrash'
  | 'certificateTrashPublic'
  | 'orderRead'
  | 'sourceCreate'
  | 'sourceEdit'
  | 'sourceDelete'
  | 'sourceList'
  | 'fetchStatus'
  | 'refreshList'

interface CallRow {
  readonly call: CallName
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the host, `{name}` for a segment of the caller's. */
  readonly path: string
  readonly body: 'none' | 'json' | 'package' | 'certificate'
}

const sources = 'PluginConfiguration/StixTaxiiEnrichmentSource'
const onLogpoint = 'configapi/{pool}/{logpoint}'

/**
 * The calls as the guide writes them. The first row that fits a request wins, so a path word goes before a name in its
 * place: that is why an empty segment turns one call into another, as with the real Director.
 */
export const directorCalls: readonly CallRow[] = [
  { call: 'packageUploadPublic', method: 'POST', path: 'configapi/Uploads/PublicUpload', body: 'package' },
  { call: 'packageUpload', method: 'POST', path: 'configapi/Uploads/{pool}/', body: 'package' },
  { call: 'packageListPublic', method: 'GET', path: 'configapi/Uploads/list', body: 'none' },
  { call: 'packageList', method: 'GET', path: 'configapi/Uploads/{pool}/list', body: 'none' },
  { call: 'packageTrashPublic', method: 'DELETE', path: 'configapi/Uploads/{file}', body: 'none' },
  { call: 'packageTrash', method: 'DELETE', path: 'configapi/Uploads/{pool}/{file}', body: 'none' },
  { call: 'pluginInstall', method: 'POST', path: 'configapi/Uploads/{pool}/{logpoint}/install', body: 'json' },
  { call: 'pluginList', method: 'GET', path: `${onLogpoint}/Plugins`, body: 'none' },
  { call: 'pluginUninstall', method: 'DELETE', path: `${onLogpoint}/Plugins/{id}`, body: 'none' },
  { call: 'certificateUploadPublic', method: 'POST', path: `configapi/${sources}/publicupload`, body: 'certificate' },
  { call: 'certificateUpload', method: 'POST', path: `configapi/{pool}/${sources}/upload`, body: 'certificate' },
  { call: 'certificateListPublic', method: 'GET', path: `configapi/${sources}/list`, body: 'none' },
  { call: 'certificateList', method: 'GET', path: `configapi/{pool}/${sources}/list`, body: 'none' },
  { call: 'certificateTrashPublic', method: 'DELETE', path: `configapi/${sources}/{file}`, body: 'none' },
  { call: 'certificateTrash', method: 'DELETE', path: `configapi/{pool}/${sources}/{file}`, body: 'none' },
  { call: 'refreshList', method: 'POST', path: `${onLogpoint}/${sources}/refreshlist`, body: 'json' },
  { call: 'sourceCreate', method: 'POST', path: `${onLogpoint}/${sources}`, body: 'json' },
  { call: 'sourceEdit', method: 'PUT', path: `${onLogpoint}/${sources}/{id}`, body: 'json' },
  { call: 'sourceDelete', method: 'DELETE', path: `${onLogpoint}/${sources}/{id}`, body: 'none' },
  { call: 'sourceList', method: 'GET', path: `${onLogpoint}/PluginConfiguration/Ti_stixtaxii`, body: 'none' },
  { call: 'fetchStatus', method: 'GET', path: `${onLogpoint}/PluginConfiguration/Ti_general`, body: 'none' },
  { call: 'orderRead', method: 'GET', path: 'monitorapi/{pool}/{logpoint}/orders/{order}', body: 'none' },
  // Some orders carry a data node behind their id.
  { call: 'orderRead', method: 'GET', path: 'monitorapi/{pool}/{logpoint}/orders/{order}/{node}', body: 'none' },
]

/** The call that a request makes, with what stood in the places of its path, decoded. */
export interface Call {
  readonly call: CallName
  readonly body: CallRow['body']
  readonly pool?: string | undefined
  readonly logpoint?: string | undefined
  readonly id?: string | undefined
  readonly file?: string | undefined
  readonly order?: string | undefined
}

/** Whether a call changes something at Director. */
export function isWrite(call: CallName): boolean {
  return directorCalls.some((row) => row.call === call && row.method !== 'GET')
}

/**
 * The call that belongs to a request; undefined where there is none. Empty segments vanish, as web servers do it.
 * `prefix` stands in the place of `configapi`.
 */
export function findCall(method: string, path: string, prefix = 'configapi'): Call | undefined {
  const written = path.replace(/\/{2,}/g, '/').slice(1)
  for (const row of directorCalls) {
    const found = row.method === method ? fit(row.path.replace(/^configapi/, prefix), written) : undefined
    if (found) return { call: row.call, body: row.body, ...found }
  }
  return undefined
}

function fit(pattern: string, written: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [pattern.split('/'), written.split('/')]
  if (wanted.length !== given.length) return undefined
  const found: Record<string, string> = {}
  for (const [at, word] of wanted.entries()) {
    const segment = given[at] ?? ''
    const name = /^\{(\w+)\}$/.exec(word)?.[1]
    if (name === undefined ? word !== segment : segment === '') return undefined
    if (name !== undefined) found[name] = decode(segment)
  }
  return found
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
