import type { ApiRoot } from '../taxii2-persistence.ts'
import { defaultRootId } from '../persistence/served-collection.ts'
import { differences, kept, said, type SyncParts, type SyncStep } from './plan.ts'
import type { ApiRootText, ServerDataText } from './schema.ts'

const kind = 'api-root'

export async function planApiRoots(
  { api_roots: wanted }: ServerDataText,
  { persistence: { taxii2 } }: SyncParts,
  prune: boolean,
): Promise<readonly SyncStep[]> {
  if (!wanted) return []
  const present = await taxii2.getApiRoots()
  const steps = wanted.map((text): SyncStep => {
    const { id } = text
    const found = present.find((root) => root.id === id)
    if (!found) {
      const made = { isDefault: false, isPublic: false, ...fieldsOf(text), id, title: text.title }
      return { kind, name: id, action: 'create', fields: [], run: () => taxii2.createApiRoot(made) }
    }
    const fields = differences(text, textOf(found))
    if (fields.length === 0) return kept(kind, id)
    const run = () => taxii2.updateApiRoot({ ...found, ...fieldsOf(text) })
    return { kind, name: id, action: 'change', fields, run }
  })
  const names = new Set([defaultRootId, ...wanted.map(({ id }) => id)])
  const unwanted = prune ? present.filter(({ id }) => !names.has(id)) : []
  const deleted = unwanted.map(({ id }): SyncStep => ({
    kind,
    name: id,
    action: 'delete',
    fields: [],
    run: () => taxii2.deleteApiRoot(id),
  }))
  return [...steps, ...deleted]
}

function fieldsOf(text: ApiRootText) {
  return said({
    title: text.title,
    description: text.description,
    isDefault: text.default,
    isPublic: text.public,
  })
}

function textOf({ id, title, description, isDefault, isPublic }: ApiRoot): ApiRootText {
  return { id, title, description, default: isDefault, public: isPublic }
}
