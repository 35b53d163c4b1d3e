/**
 * All calls of the Director Console's API that the plugin's guide describes, one row each; `pluginList` is the one that the
 * guide only names.
 */

export type EndpointBody = 'none' | 'json' | 'package' | 'certificate'

/**
 * How a call is documented to answer. What decides is the message at hand: one that looks like an order's path is an order
 * for any call.
 */
export type EndpointAnswer = 'order' | 'sentence' | 'names' | 'plugins' | 'sources' | 'status' | 'order-state'

export interface Endpoint {
  /** Section of the API reference. */
  readonly section: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly api: 'config' | 'monitor'
  /** Below the API's prefix; `{name}` is a segment of the caller's. */
  readonly path: string
  readonly body: EndpointBody
  readonly answer: EndpointAnswer
  /** What it does, for messages: "Director does not ...". */
  readonly does: string
}

const source = 'PluginConfiguration/StixTaxiiEnrichmentSource'
const config = { api: 'config' } as const

/** By a name of ours. A slash at the end is sent where the guide has one and nowhere else. */
export const endpoints = {
  packageUpload: {
    ...config,
    section: '4.1',
    method: 'POST',
    path: 'Uploads/{pool}/',
    body: 'package',
    answer: 'sentence',
    does: 'take the package',
  },
  packageUploadPublic: {
    ...config,
    section: '4.2',
    method: 'POST',
    path: 'Uploads/PublicUpload',
    body: 'package',
    answer: 'sentence',
    does: 'take the package into public storage',
  },
  packageList: {
    ...config,
    section: '4.3',
    method: 'GET',
    path: 'Uploads/{pool}/list',
    body: 'none',
    answer: 'names',
    does: 'list the packages',
  },
  packageListPublic: {
    ...config,
    section: '4.4',
    method: 'GET',
    path: 'Uploads/list',
    body: 'none',
    answer: 'names',
    does: 'list the packages of public storage',
  },
  pluginInstall: {
    ...config,
    section: '4.5',
    method: 'POST',
    path: 'Uploads/{pool}/{logpoint}/install',
    body: 'json',
    answer: 'order',
    does: 'install the package',
  },
  pluginUninstall: {
    ...config,
    section: '4.6',
    method: 'DELETE',
    path: '{pool}/{logpoint}/Plugins/{id}',
    body: 'none',
    answer: 'order',
    does: 'uninstall the plugin',
  },
  packageTrash: {
    ...config,
    section: '4.7',
    method: 'DELETE',
    path: 'Uploads/{pool}/{file}',
    body: 'none',
    answer: 'order',
    does: 'trash the package',
  },
  packageTrashPublic: {
    ...config,
    section: '4.8',
    method: 'DELETE',
    path: 'Uploads/{file}',
    body: 'none',
    answer: 'order',
    does: 'trash the package of public storage',
  },
  certificateUpload: {
    ...config,
    section: '5.1',
    method: 'POST',
    path: `{pool}/${source}/upload`,
    body: 'certificate',
    answer: 'sentence',
    does: 'take the file',
  },
  certificateUploadPublic: {
    ...config,
    section: '5.2',
    method: 'POST',
    path: `${source}/publicupload`,
    body: 'certificate',
    answer: 'sentence',
    does: 'take the file into public storage',
  },
  certificateList: {
    ...config,
    section: '5.3',
    method: 'GET',
    path: `{pool}/${source}/list`,
    body: 'none',
    answer: 'names',
    does: 'list the certificate files',
  },
  certificateListPublic: {
    ...config,
    section: '5.4',
    method: 'GET',
    path: `${source}/list`,
    body: 'none',
    answer: 'names',
    does: 'list the certificate files of public storage',
  },
  certificateTrash: {
    ...config,
    section: '5.5',
    method: 'DELETE',
    path: `{pool}/${source}/{file}`,
    body: 'none',
    answer: 'sentence',
    does: 'trash the file',
  },
  certificateTrashPublic: {
    ...config,
    section: '5.6',
    method: 'DELETE',
    path: `${source}/{file}`,
    body: 'none',
    answer: 'sentence',
    does: 'trash the file of public storage',
  },
  orderRead: {
    api: 'monitor',
    section: '6.1',
    method: 'GET',
    path: '{pool}/{logpoint}/orders/{id}',
    body: 'none',
    answer: 'order-state',
    does: 'say how the order stands',
  },
  sourceCreate: {
    ...config,
    section: '7.1',
    method: 'POST',
    path: `{pool}/{logpoint}/${source}`,
    body: 'json',
    answer: 'order',
    does: 'create the enrichment source',
  },
  sourceEdit: {
    ...config,
    section: '7.2',
    method: 'PUT',
    path: `{pool}/{logpoint}/${source}/{id}`,
    body: 'json',
    answer: 'order',
    does: 'edit the enrichment source',
  },
  sourceDelete: {
    ...config,
    section: '7.3',
    method: 'DELETE',
    path: `{pool}/{logpoint}/${source}/{id}`,
    body: 'none',
    answer: 'order',
    does: 'delete the enrichment source',
  },
  sourceList: {
    ...config,
    section: '7.4',
    method: 'GET',
    path: '{pool}/{logpoint}/PluginConfiguration/Ti_stixtaxii',
    body: 'none',
    answer: 'sources',
    does: 'list the enrichment sources',
  },
  fetchStatus: {
    ...config,
    section: '7.5',
    method: 'GET',
    path: '{pool}/{logpoint}/PluginConfiguration/Ti_general',
    body: 'none',
    answer: 'status',
    does: 'tell the fetch status',
  },
  refreshList: {
    ...config,
    section: '7.6',
    method: 'POST',
    path: `{pool}/{logpoint}/${source}/refreshlist`,
    body: 'json',
    answer: 'order',
    does: 'refresh the list of enrichment sources',
  },
  pluginList: {
    ...config,
    section: '4, inferred',
    method: 'GET',
    path: '{pool}/{logpoint}/Plugins',
    body: 'none',
    answer: 'plugins',
    does: 'list the plugins',
  },
} as const satisfies Readonly<Record<string, Endpoint>>

export type EndpointName = keyof typeof endpoints

export const endpointNames = Object.keys(endpoints) as readonly EndpointName[]

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never

/** The segments that a call's path wants from its caller: exactly these, by name. */
export type SegmentsOf<Name extends EndpointName> = Readonly<Record<NamesIn<(typeof endpoints)[Name]['path']>, string>>
