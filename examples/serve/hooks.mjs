// Writes a JSON line for each thing that happens. Named in the configuration of `stixtaxii serve` as hooks.
import { appendFileSync } from 'node:fs'

export function register(on, { file }) {
  const write = (line) => appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 })
  const names = (collections) => collections.map(({ name }) => name)
  on('CONTENT_BLOCK_CREATED', ({ block, collections }) =>
    write({ signal: 'CONTENT_BLOCK_CREATED', binding: block.contentBinding, collections: names(collections) }),
  )
  on('INBOX_MESSAGE_CREATED', ({ message }) => write({ signal: 'INBOX_MESSAGE_CREATED', id: message.messageId }))
  on('SUBSCRIPTION_CREATED', ({ subscription }) => write({ signal: 'SUBSCRIPTION_CREATED', id: subscription.id }))
  on('OBJECTS_ADDED', ({ collection, ids }) => write({ signal: 'OBJECTS_ADDED', collection: collection.id, ids }))
  on('OBJECT_DELETED', ({ collection, id }) => write({ signal: 'OBJECT_DELETED', collection: collection.id, id }))
  on('JOB_FINISHED', ({ job }) => write({ signal: 'JOB_FINISHED', id: job.id }))
}
