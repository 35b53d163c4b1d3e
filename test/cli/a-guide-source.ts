import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { DirectorWorld } from './a-director-world.ts'

const examples = path.resolve(import.meta.dirname, '../../../shared/director-examples')

/** An example of the guide; null where it is not at hand. */
export const example = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(path.join(examples, name), 'utf8').catch(() => 'null'))

/** The flags of the guide's own example, with their files. */
export async function guideFlags(world: DirectorWorld): Promise<string> {
  const password = await world.file('pw', 'guest\n')
  const passphrase = await world.file('pass', '12345\n')
  return (
    '--url https://open.taxiistand.com/services/discovery --enabled --begin 20d --fetch-interval 2d ' +
    `--username guest --password-file ${password} --no-use-basic --proxy http://127.0.0.1:22 --no-use-proxy ` +
    `--certificate client.crt --key client.key --key-passphrase-file ${passphrase} --no-use-certificate --certificate-location public`
  )
}

/** The body that those flags come to. */
export const body = {
  st_enable_source: true,
  discovery_url: 'https://open.taxiistand.com/services/discovery',
  fetch_interval: 2,
  fetch_interval_unit: 'Days',
  begin: 20,
  begin_unit: 'Days',
  st_proxy: { status: false, ip: '127.0.0.1', protocol: 'http', port: 22 },
  ssl_mode: { ssl_status: false, key_pass: '12345' },
  file_location: 'public',
  files: { cert_file: 'client.crt', cert_key: 'client.key' },
  basic_auth_mode: { username: 'guest', basic_auth_status: false, password: 'guest' },
}

/** The requests that were no reading. */
export const writes = (world: DirectorWorld) => world.sent().filter(({ method }) => method !== 'GET')
