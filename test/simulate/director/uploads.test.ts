import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readForm } from '../../../src/simulate/director/multipart.ts'
import type { FormPart } from '../../../src/simulate/director/multipart.ts'
import { aDirector, pool, sources } from './a-director.ts'
import type { TestDirector } from './a-director.ts'

const content = randomBytes(300_000)
const sha256 = createHash('sha256').update(content).digest('hex')
const privately = `/configapi/Uploads/${pool}/`

describe('section 13 row 7, uploads', () => {
  it('reports the name and the bytes of a package that is the body', async () => {
    await using director = await aDirector()
    await director.upload(privately, 'StixTaxii_6.1.0.pak', content)
    expect(director.requests.at(-1)).toMatchObject({
      call: 'packageUpload',
      status: 200,
      bodyBytes: content.length,
      upload: {
        encoding: 'raw',
        fileName: 'StixTaxii_6.1.0.pak',
        contentType: 'application/octet-stream',
        bytes: content.length,
        sha256,
      },
    })
    expect(director.requests.at(-1)?.upload).not.toHaveProperty('partName')
  })

  it('reports the exact part of a package that is in a form', async () => {
    await using director = await aDirector()
    const { status } = await director.upload(privately, 'StixTaxii_6.1.0.pak', content, { part: 'file' })
    expect(status).toBe(200)
    expect(director.requests.at(-1)?.upload).toMatchObject({
      encoding: 'multipart',
      partName: 'file',
      fileName: 'StixTaxii_6.1.0.pak',
      parts: 1,
      bytes: content.length,
      sha256,
    })
  })

  it('refuses what is not as documented: part names, types, endings, empty files, several at once', async () => {
    await using director = await aDirector()
    const certificates = `/configapi/${pool}/${sources}/upload`
    const refused = async (answer: Promise<{ status: number; message: string }>) => {
      const { status, message } = await answer
      return [status, message]
    }
    const { upload } = director
    expect(await refused(upload(privately, 'a.pak', content, { part: 'file_name' }))).toEqual([
      400,
      'file is required.',
    ])
    expect(await refused(upload(privately, 'a.zip', content))).toEqual([400, 'a.zip is not an application package.'])
    expect(await refused(upload(privately, 'a.pak', Buffer.alloc(0)))).toEqual([400, 'file is empty.'])
    expect(await refused(upload(certificates, 'a.crt', content, { part: 'file' }))).toEqual([
      400,
      'file_name is required.',
    ])
    expect((await upload(certificates, 'a.crt', content)).status).toBe(415)
    expect((await upload(certificates, 'a.crt', Buffer.alloc(1_100_000), { part: 'file_name' })).status).toBe(413)
    const headers = { authorization: 'Bearer the-token', file_name: 'a.pak', 'content-type': 'text/plain' }
    expect((await fetch(director.url + privately, { method: 'POST', headers, body: 'x' })).status).toBe(415)
    const two = new FormData()
    for (const name of ['a.crt', 'a.key']) two.append('file_name', new Blob(['x']), name)
    const both = { method: 'POST', headers: { authorization: 'Bearer the-token' }, body: two }
    expect((await fetch(director.url + certificates, both)).status).toBe(400)
    expect(director.requests.at(-1)?.upload).toMatchObject({ parts: 2, fileName: 'a.crt', bytes: 1 })
    expect(director.fabric.pools[pool]).toMatchObject({ packages: [], certificates: [] })
  })

  it('takes the place of a file of the same name', async () => {
    await using director = await aDirector()
    await director.upload(privately, 'a.pak', content)
    await director.upload(privately, 'a.pak', Buffer.from('other'))
    expect(director.fabric.pools[pool]?.packages).toMatchObject([{ name: 'a.pak', bytes: 5 }])
  })

  it.each([301, 308] as const)('sends on by %i to the path without the slash, and takes it there', async (status) => {
    await using director = await aDirector({ faults: { slashRedirect: { status } } })
    const sentOn = await director.upload(privately, 'a.pak', content)
    expect([sentOn.status, sentOn.headers.get('location')]).toEqual([status, privately.slice(0, -1)])
    expect(director.fabric.pools[pool]?.packages ?? []).toEqual([])
    expect((await director.upload(privately.slice(0, -1), 'a.pak', content)).status).toBe(200)
    director.setFaults({})
    expect((await director.upload(privately.slice(0, -1), 'a.pak', content)).status).toBe(404)
  })

  it('can send on to another origin', async () => {
    await using director = await aDirector({
      faults: { slashRedirect: { status: 308, origin: 'https://elsewhere.example' } },
    })
    const { headers } = await director.upload(privately, 'a.pak', content)
    expect(headers.get('location')).toBe(`https://elsewhere.example${privately.slice(0, -1)}`)
  })

  it('refuses a body over a limit with 413', async () => {
    await using director = await aDirector({ faults: { maxUploadBytes: 299_999 } })
    expect((await director.upload(privately, 'a.pak', content)).status).toBe(413)
    expect((await director.upload(privately, 'a.pak', content, { part: 'file' })).status).toBe(413)
    director.setFaults({ maxUploadBytes: 300_000 })
    expect((await director.upload(privately, 'a.pak', content)).status).toBe(200)
  })

  it('tears the connection in the middle, and says how far it came', async () => {
    await using director = await aDirector({ faults: { cutUploadAtBytes: 100_000 } })
    await expect(director.upload(privately, 'a.pak', content)).rejects.toThrow('fetch failed')
    const last = director.requests.at(-1)
    expect(last?.status).toBeUndefined()
    expect(last).toMatchObject({
      call: 'packageUpload',
      upload: { fault: 'cut', fileName: 'a.pak' },
    })
    expect(last?.upload?.bytes).toBeLessThan(content.length)
    expect(director.fabric.pools[pool]?.packages ?? []).toEqual([])
  })

  it('records an upload whose client goes away in the middle', async () => {
    await using director = await aDirector()
    const client = connect(director.port, '127.0.0.1')
    client.write(
      `POST ${privately} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer the-token\r\nfile_name: a.pak\r\n` +
        'content-type: application/octet-stream\r\ncontent-length: 1000\r\n\r\n12345',
    )
    setTimeout(() => client.destroy(), 50)
    await expect.poll(() => director.requests.at(-1)?.upload).toMatchObject({ fault: 'torn', bytes: 5 })
    expect(director.requests.at(-1)?.status).toBeUndefined()
  })
})

describe('a form', () => {
  const read = async (
    text: string,
    pieces: number,
  ): Promise<{ reason: string | undefined; parts: FormPart[]; body: string }> => {
    const bytes = Buffer.from(text)
    const parts: FormPart[] = []
    const chunks: Buffer[] = []
    const body = (async function* () {
      for (let at = 0; at < bytes.length; at += pieces) yield await Promise.resolve(bytes.subarray(at, at + pieces))
    })()
    const reason = await readForm(body, 'b1', {
      onPart: (part) => void parts.push(part),
      onBytes: (chunk) => void chunks.push(Buffer.from(chunk)),
    })
    return { reason, parts, body: Buffer.concat(chunks).toString() }
  }
  const head = 'Content-Disposition: form-data; name="file_name"; filename="a b.crt"\r\nContent-Type: text/plain'
  const tricky = 'one\r\n--b\r\n\r\n--b2 \r\n-'

  it.each([1, 2, 3, 7, 1000])('is read in pieces of %i bytes', async (pieces) => {
    const { reason, parts, body } = await read(`--b1\r\n${head}\r\n\r\n${tricky}\r\n--b1--\r\n`, pieces)
    expect(reason).toBeUndefined()
    expect(parts).toMatchObject([{ name: 'file_name', fileName: 'a b.crt', headers: { 'content-type': 'text/plain' } }])
    expect(body).toBe(tricky)
  })

  it.each([
    ['has no closing boundary', `--b1\r\n${head}\r\n\r\nx`, 'the form has no closing boundary'],
    [
      'has something before it',
      `x\r\n--b1\r\n${head}\r\n\r\nx\r\n--b1--`,
      'something stands before the first boundary',
    ],
    [
      'has no line end behind a boundary',
      `--b1 ${head}\r\n\r\nx\r\n--b1--`,
      'a boundary is not followed by a line end',
    ],
    [
      'has a part without a disposition',
      '--b1\r\nContent-Type: a/b\r\n\r\nx\r\n--b1--',
      'the head of a part cannot be read',
    ],
    ['has a head without an end', `--b1\r\n${'x'.repeat(20_000)}`, 'the head of a part has no end'],
    ['is empty', '', 'the form has no closing boundary'],
  ])('that %s is none', async (_, text, reason) => {
    expect((await read(text, 5)).reason).toBe(reason)
  })

  it('may have an empty part, and quotes in a file name', async () => {
    const quoted = 'Content-Disposition: form-data; name=file; filename="a%22b\\\\c.crt"'
    const { reason, parts, body } = await read(`--b1\r\n${quoted}\r\n\r\n\r\n--b1--`, 4)
    expect({ reason, body }).toEqual({ reason: undefined, body: '' })
    expect(parts).toMatchObject([{ name: 'file', fileName: 'a"b\\c.crt' }])
  })

  it('that is none is refused as such', async () => {
    await using director: TestDirector = await aDirector()
    const headers = { authorization: 'Bearer the-token', 'content-type': 'multipart/form-data; boundary=b1' }
    const response = await fetch(director.url + privately, { method: 'POST', headers, body: '--b1\r\nnothing' })
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('no closing boundary') as string,
    ])
  })
})
