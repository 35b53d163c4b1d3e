import { z } from 'zod'
import { parseOrderPath } from '../../director/orders.ts'
import { orderFailure, waitForOrder } from '../../director/wait-for-order.ts'
import { defineCommand } from '../command.ts'
import { directorFields } from '../director-fields.ts'
import { orderRecord, orderShape } from '../director-order-record.ts'
import { directorNeeds, withDirector } from '../director-targets.ts'

export const directorOrderWait = defineCommand({
  path: 'director order wait',
  summary: 'Wait until a Director order has finished',
  details: 'Ends with 0 when it succeeded, 9 when it failed, 8 when it is still running at the end of --timeout.',
  examples: ['stixtaxii director order wait /monitorapi/POOL/LOGPOINT/orders/42 --timeout 300'],
  positional: ['order'],
  input: z.object({
    order: z.string().describe('its path, as create, edit or install printed it').meta({ value: 'PATH' }),
    timeout: z.number().int().positive().default(300).describe('seconds'),
    ...directorFields,
  }),
  needs: directorNeeds,
  schema: 'director-order',
  async run({ order, timeout, ...flags }, parts) {
    await withDirector(flags, parts, async ({ profile, client }) => {
      const path = parseOrderPath(order, new URL(profile.url).origin)
      const { clock, random, signal } = parts
      const task = parts.progress.start(`Waiting for ${path}`)
      const onPoll = ({ elapsedMs }: { elapsedMs: number }): void =>
        task.update(`Waiting for ${path}: ${Math.round(elapsedMs / 1000)} s`)
      const options = { clock, random, signal, timeoutMs: timeout * 1000, onPoll }
      const outcome = await waitForOrder(client, path, options).finally(() => task.done())
      await parts.output.one(orderRecord(path, outcome), orderShape)
      const failure = orderFailure(path, outcome)
      if (failure) throw failure
    })
  },
})
