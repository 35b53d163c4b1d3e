import { resolve } from 'node:path'
import { z } from 'zod'
import { StixTaxiiError } from '../../core/errors.ts'
import { looksLikeCertificate, looksLikePrivateKey } from '../../director/private-key.ts'
import { defineCommand } from '../command.ts'
import { directorFields, orderFields, storageFields, verifyField } from '../director-fields.ts'
import { writeFileRows } from '../director-file-rows.ts'
import { presentFields, wantedPresent } from '../director-present.ts'
import { confirmPublicKeys } from '../director-public-key.ts'
import { wantedStorage } from '../director-storage.ts'
import { directorNeeds, withDirector } from '../director-targets.ts'
import { readyFile } from '../director-upload-file.ts'
import { uploadFiles } from '../director-uploads.ts'

export const directorCertificateUpload = defineCommand({
  path: 'director certificate upload',
  summary: "Upload certificates and keys into Director's storage, for enrichment sources to name",
  details:
    'Certificate and key are two files: name both. They keep their base names, by which sources name them. A private key in ' +
    'the storage that every pool sees can be used by every pool: that needs --public and a second yes, in scripts ' +
    '--yes-public-key.',
  examples: [
    'stixtaxii director certificate upload client.crt client.key',
    'stixtaxii director certificate upload client.crt --public --if-absent -o json',
  ],
  positional: ['files'],
  input: z.object({
    files: z.array(z.string()).min(1).describe('PEM files: certificates, keys').meta({ value: 'FILE' }),
    ...storageFields,
    ...presentFields,
    yesPublicKey: z
      .boolean()
      .default(false)
      .describe('yes, this private key may be seen by every pool')
      .meta({ environment: false }),
    ...orderFields,
    ...verifyField,
    ...directorFields,
  }),
  needs: directorNeeds,
  schema: 'director-file-changes',
  async run({ files: names, yesPublicKey, ...input }, parts) {
    const paths = [...new Set(names.map((name) => resolve(parts.workingDirectory, name)))]
    const files = await Promise.all(paths.map(readyFile))
    for (const { beginning, name } of files) checkCertificate(beginning, name)
    const keys = files.filter(({ beginning, name }) => looksLikePrivateKey(beginning, name))
    if (input.public && keys.length > 0 && !yesPublicKey) await confirmPublicKeys(keys, parts)
    await withDirector(input, parts, async ({ profile, client }) => {
      const storage = wantedStorage(profile, input)
      const present = wantedPresent(input)
      const request = { client, calls: client.certificates, storage, files, present, flags: input }
      await writeFileRows(parts.output, await uploadFiles(request, parts))
    })
  },
})

/** @throws CLI_CERTIFICATE_UNLIKELY (usage): a token or a password by mistake would be there for others to read. */
function checkCertificate(beginning: Uint8Array, name: string): void {
  if (looksLikeCertificate(beginning, name) || looksLikePrivateKey(beginning, name)) return
  throw new StixTaxiiError('CLI_CERTIFICATE_UNLIKELY', `${name} holds neither a certificate nor a key`, {
    kind: 'usage',
    hint: 'Nothing was sent. Name files in PEM, DER or PKCS#12, or with the ending of one: .crt, .cer, .pem, .key, ...',
    context: { file: name },
  })
}
