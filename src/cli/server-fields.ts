import { z } from 'zod'
import { defaultPort } from '../serve/default-settings.ts'
import { logLevels } from '../serve/server-log.ts'
import { clientCertificateModes } from '../serve/server-tls.ts'

/** How a server listens and what it tells: for every command that serves. Spread it into its input. */
export const serverFields = {
  host: z.string().optional().describe('address to listen on; default: 127.0.0.1').meta({ value: 'ADDRESS' }),
  port: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe(`port to listen on; 0 is any that is free; default: ${defaultPort}`),
  tlsCertificate: z
    .string()
    .optional()
    .describe("the server's certificate and those above it, PEM")
    .meta({ value: 'FILE' }),
  tlsKey: z.string().optional().describe('its key, PEM').meta({ value: 'FILE' }),
  tlsKeyPassphraseFile: z.string().optional().describe('file whose first line opens the key').meta({ value: 'FILE' }),
  tlsClientCa: z.string().optional().describe('authorities of client certificates, PEM').meta({ value: 'FILE' }),
  tlsClientCertificates: z
    .enum(clientCertificateModes)
    .optional()
    .describe('whether clients have to show one; default: required with --tls-client-ca'),
  behindTls: z.boolean().default(false).describe('a proxy in front speaks TLS'),
  trustedProxy: z
    .array(z.string())
    .default([])
    .describe('with --behind-tls: whose X-Forwarded-* is believed; default: this machine')
    .meta({ value: 'ADDRESS[/BITS]' }),
  publicUrl: z.string().optional().describe('how clients reach it, without a path').meta({ value: 'URL' }),
  auditLog: z.string().optional().describe('append who did what as JSON lines').meta({ value: 'FILE' }),
  logLevel: z.enum(logLevels).optional().describe('the least that is logged; default: info'),
  metricsPublic: z.boolean().default(false).describe('metrics for everybody, not only this machine and administrators'),
}
