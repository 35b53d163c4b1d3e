import { z } from 'zod'
import type { OrderBehaviour } from './faults.ts'
import { wireSourceSchema } from './wire-source.ts'

const fileSchema = z.object({
  name: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** Base64; of certificates and keys only, for the plugin's own fetch. */
  content: z.string().optional(),
})

const storageSchema = z.object({ packages: z.array(fileSchema), certificates: z.array(fileSchema) })

const fetchSchema = z.object({
  /** Unix seconds; 0 for never. */
  lastAttempt: z.number(),
  lastSuccess: z.number(),
  entries: z.number(),
  error: z.string().nullable(),
})

const sourceSchema = z.object({ id: z.string(), fields: wireSourceSchema, fetch: fetchSchema })

const logpointSchema = z.object({
  name: z.string().optional(),
  plugins: z.array(z.object({ id: z.string(), name: z.string(), version: z.string() })),
  sources: z.array(sourceSchema),
  /** What lists show while they are stale: the sources at the last refresh. */
  shown: z.array(sourceSchema.omit({ fetch: true })),
})

const orderSchema = z.object({
  pool: z.string(),
  logpoint: z.string(),
  /** The path as it was announced. */
  announced: z.string(),
  message: z.string(),
  /** `{}`, or what was sent. */
  request: z.unknown(),
  behaviour: z.custom<OrderBehaviour>((value) => typeof (value as OrderBehaviour | null)?.kind === 'string'),
  audit: z.array(z.object({ action: z.string(), document: z.unknown() })),
  reads: z.number(),
})

const poolSchema = storageSchema.extend({
  name: z.string().optional(),
  logpoints: z.record(z.string(), logpointSchema),
})

/** The whole emulated Fabric as it stands on disk. */
export const fabricSchema = z.object({
  version: z.literal(1),
  pools: z.record(z.string(), poolSchema),
  public: storageSchema,
  orders: z.record(z.string(), orderSchema),
})

export type Fabric = z.infer<typeof fabricSchema>
export type PoolState = z.infer<typeof poolSchema>
export type LogpointState = z.infer<typeof logpointSchema>
export type SourceState = z.infer<typeof sourceSchema>
export type OrderState = z.infer<typeof orderSchema>
export type StorageState = z.infer<typeof storageSchema>
export type StoredFile = z.infer<typeof fileSchema>

/** A Fabric without anything in it. */
export function emptyFabric(): Fabric {
  return { version: 1, pools: {}, public: { packages: [], certificates: [] }, orders: {} }
}
