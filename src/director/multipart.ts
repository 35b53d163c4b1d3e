import { randomUUID } from 'node:crypto'
import type { StreamedBody } from '../core/ports.ts'
import type { UploadFile } from './client.ts'

export interface MultipartBody {
  readonly contentType: string
  readonly body: StreamedBody
}

/**
 * A form with one part that holds a file, streamed. The part's name is what tells Director's two kinds of upload apart
 * (`file_name` for certificates, `file` for packages); the file's name has been checked to need no quoting.
 * @see RFC 7578, 4.2
 */
export function multipartOf(partName: 'file_name' | 'file', file: UploadFile): MultipartBody {
  const boundary = `stixtaxii-${randomUUID()}`
  const head = Buffer.from(
    `--${boundary}\r\n` +
      `Content-Disposition: form-data; name="${partName}"; filename="${file.name}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: {
      lengthBytes: head.length + file.lengthBytes + tail.length,
      async *open() {
        yield head
        yield* file.open()
        yield tail
      },
    },
  }
}
