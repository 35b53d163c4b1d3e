import type { DirectorProfile } from '../profile/profile.ts'
import { quote, secretWords } from './equivalent-command.ts'

/** The command line that saves the same Director profile without a terminal. */
export function equivalentDirectorCommand(profile: DirectorProfile): string {
  const words = ['stixtaxii', 'configure', 'director', profile.name, '--url', profile.url]
  const add = (flag: string, value: string | undefined): void => {
    if (value !== undefined) words.push(flag, value)
  }
  words.push(...secretWords(profile.token, '--token-file'))
  if (profile.tokenAlwaysActive) words.push('--token-always-active')
  for (const [name, id] of Object.entries(profile.pools)) add('--pool', `${name}=${id}`)
  for (const [name, id] of Object.entries(profile.logpoints)) add('--logpoint', `${name}=${id}`)
  for (const [name, members] of Object.entries(profile.groups)) add('--group', `${name}=${members.join(',')}`)
  for (const ca of profile.tls.ca ?? []) add('--ca', ca)
  add('--pin', profile.tls.pin)
  if (profile.tls.insecure) words.push('--insecure', '--yes')
  add('--proxy', profile.proxy?.url)
  add('--proxy-username', profile.proxy?.username)
  if (profile.proxy?.password?.from === 'path') add('--proxy-password-file', profile.proxy.password.path)
  add('--proxy-bypass', profile.proxy?.noProxy)
  if (profile.proxy && !profile.proxy.use) words.push('--no-use-proxy')
  if (profile.allowHttp) words.push('--allow-http')
  add('--api-prefix', profile.apiPrefix)
  add('--package-upload', profile.packageUpload)
  return words.map(quote).join(' ')
}
