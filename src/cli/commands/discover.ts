import { z } from 'zod'
import type { ApiRoot, Discovery, Service } from '../../taxii/client.ts'
import { defineCommand } from '../command.ts'
import { sourceNeeds, withSource } from '../open-source-argument.ts'
import { accessFields } from '../source-flags.ts'

export const discover = defineCommand({
  path: 'discover',
  summary: 'Find out what speaks TAXII at a URL: version, API roots, services',
  details:
    'Takes any URL that a vendor mails: discovery, API root, collection, poll address, or just the host. The version is ' +
    'found out. When nothing is found, each thing that was tried is listed in the error (see it with -o json).',
  examples: [
    'stixtaxii discover https://taxii.example/taxii2/',
    'stixtaxii discover https://taxii.example --username ann --password-file pw.txt -o json',
    'stixtaxii discover acme',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().optional().describe('URL or name of a profile').meta({ value: 'URL|SOURCE' }),
    ...accessFields,
  }),
  needs: [...sourceNeeds, 'output', 'terminal'],
  schema: 'discover',
  async run(input, parts) {
    await withSource(input.source, input, parts, async ({ client, profile }) => {
      const discovery = await client.discovery(parts.signal)
      const { format } = parts.output
      if (format === 'json' || format === 'ndjson' || format === 'yaml') {
        await parts.output.one(recordOf(profile.url, discovery), shape)
        return
      }
      parts.terminal.note(`${discovery.title ?? profile.url}: TAXII ${discovery.version}`)
      await parts.output.list(rowsOf(discovery), shape)
    })
  },
})

function recordOf(url: string, discovery: Discovery): Record<string, unknown> {
  return {
    url,
    version: discovery.version,
    title: discovery.title ?? null,
    description: discovery.description ?? null,
    contact: discovery.contact ?? null,
    defaultRoot: discovery.defaultRoot ?? null,
    apiRoots: discovery.apiRoots.map((root) => ({
      url: root.url,
      title: root.title ?? null,
      description: root.description ?? null,
      versions: root.versions ?? [],
      maxContentLength: root.maxContentLength ?? null,
      problem: root.problem ?? null,
    })),
    services: discovery.services.map((service) => ({
      type: service.type,
      version: service.version,
      protocol: service.protocol,
      address: service.address,
      messageBindings: service.messageBindings,
      available: service.available ?? null,
      message: service.message ?? null,
    })),
  }
}

function rowsOf({ apiRoots, services, defaultRoot }: Discovery): Record<string, unknown>[] {
  return [...apiRoots.map((root) => rootRow(root, root.url === defaultRoot)), ...services.map(serviceRow)]
}

function rootRow(root: ApiRoot, isDefault: boolean): Record<string, unknown> {
  const remark = root.problem ?? (isDefault ? 'default' : '')
  return { kind: 'API root', address: root.url, title: root.title, versions: root.versions?.join(', '), remark }
}

function serviceRow(service: Service): Record<string, unknown> {
  const remark = service.available === false ? 'not available' : service.message
  return { kind: service.type, address: service.address, title: '', versions: service.version, remark }
}

const shape = {
  columns: [
    { field: 'kind', head: 'Kind' },
    { field: 'address', head: 'Address' },
    { field: 'title', head: 'Title', minor: 1 },
    { field: 'versions', head: 'Versions', minor: 2 },
    { field: 'remark', head: 'Remark' },
  ],
  name: 'address',
  empty: 'It names neither API roots nor services to these credentials',
} as const
