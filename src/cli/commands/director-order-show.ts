import { z } from 'zod'
import { parseOrderPath } from '../../director/orders.ts'
import { defineCommand } from '../command.ts'
import { directorFields } from '../director-fields.ts'
import { orderRecord, orderShape } from '../director-order-record.ts'
import { directorNeeds, withDirector } from '../director-targets.ts'

export const directorOrderShow = defineCommand({
  path: 'director order show',
  summary: 'Show how a Director order stands',
  details:
    'An order that failed or is running is shown, and is no fault of this command; `director order wait` judges it.',
  examples: ['stixtaxii director order show /monitorapi/POOL/LOGPOINT/orders/42'],
  positional: ['order'],
  input: z.object({
    order: z.string().describe('its path, as create, edit or install printed it').meta({ value: 'PATH' }),
    ...directorFields,
  }),
  needs: directorNeeds,
  schema: 'director-order',
  async run({ order, ...flags }, parts) {
    await withDirector(flags, parts, async ({ profile, client }) => {
      const path = parseOrderPath(order, new URL(profile.url).origin)
      const reading = await client.readOrder(path, { signal: parts.signal })
      await parts.output.one(orderRecord(path, reading), orderShape)
    })
  },
})
