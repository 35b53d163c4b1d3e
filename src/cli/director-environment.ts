import { resolve } from 'node:path'
import type { Directory } from '../director/directory.ts'
import { environmentDirectorName } from '../profile/names.ts'
import type { DirectorProfile, SecretReference } from '../profile/profile.ts'
import { readSourceUrl } from '../profile/url.ts'
import { readPairs } from './director-pairs.ts'
import { readDirectoryFile } from './director-directory-file.ts'
import { environmentSwitch, type Environment } from './environment.ts'
import { missingFlag } from './save-source.ts'
import { blankSource, sourceFromFlags } from './source-definition.ts'
import { stableId } from './source-environment.ts'

/**
 * The profile `environment-director`, made of STIXTAXII_DIRECTOR_URL and its companions; undefined when that is not set.
 * The token is that of STIXTAXII_DIRECTOR_TOKEN or STIXTAXII_DIRECTOR_TOKEN_FILE; STIXTAXII_TOKEN and STIXTAXII_TOKEN_FILE
 * are taken too, unless STIXTAXII_URL says that they are a TAXII server's.
 * @throws PROFILE_* (usage), DIRECTOR_DIRECTORY_* (config)
 */
export async function directorFromEnvironment(
  environment: Environment,
  { workingDirectory }: { readonly workingDirectory: string },
): Promise<DirectorProfile | undefined> {
  const text = environment.STIXTAXII_DIRECTOR_URL
  if (!text) return undefined
  const url = readSourceUrl('STIXTAXII_DIRECTOR_URL', text).href
  const file = environment.STIXTAXII_DIRECTORY
  const fromFile: Directory | undefined = file ? await readDirectoryFile(resolve(workingDirectory, file)) : undefined
  const made = sourceFromFlags(
    blankSource(environmentDirectorName, url),
    {
      ca: wordsOf(environment.STIXTAXII_DIRECTOR_CA),
      pin: environment.STIXTAXII_DIRECTOR_PIN || undefined,
      proxy: environment.STIXTAXII_DIRECTOR_PROXY || undefined,
    },
    { workingDirectory },
  )
  return {
    kind: 'director',
    id: stableId('environment-director', url),
    name: environmentDirectorName,
    url,
    token: tokenOf(environment, workingDirectory),
    tokenAlwaysActive: environmentSwitch('STIXTAXII_DIRECTOR_TOKEN_ALWAYS_ACTIVE', environment),
    pools: {
      ...fromFile?.pools,
      ...readPairs('STIXTAXII_DIRECTOR_POOL', wordsOf(environment.STIXTAXII_DIRECTOR_POOL)),
    },
    logpoints: {
      ...fromFile?.logpoints,
      ...readPairs('STIXTAXII_DIRECTOR_LOGPOINT', wordsOf(environment.STIXTAXII_DIRECTOR_LOGPOINT)),
    },
    groups: fromFile?.groups ?? {},
    tls: made.tls,
    proxy: made.proxy,
    allowHttp: environmentSwitch('STIXTAXII_DIRECTOR_ALLOW_HTTP', environment) ?? false,
  }
}

function tokenOf(environment: Environment, workingDirectory: string): SecretReference {
  const isShared = !environment.STIXTAXII_URL
  const names = ['STIXTAXII_DIRECTOR_TOKEN', ...(isShared ? ['STIXTAXII_TOKEN'] : [])]
  const fileNames = ['STIXTAXII_DIRECTOR_TOKEN_FILE', ...(isShared ? ['STIXTAXII_TOKEN_FILE'] : [])]
  for (const [index, name] of names.entries()) {
    if (environment[name]) return { from: 'env', name }
    const path = environment[fileNames[index] ?? '']
    if (path) return { from: 'path', path: resolve(workingDirectory, path) }
  }
  throw missingFlag(
    'STIXTAXII_DIRECTOR_TOKEN_FILE',
    'STIXTAXII_DIRECTOR_URL is set; put the API token into a file that this variable names, or into STIXTAXII_DIRECTOR_TOKEN.',
  )
}

function wordsOf(text: string | undefined): string[] | undefined {
  const words = text?.split(',').map((word) => word.trim())
  return words?.some(Boolean) ? words.filter(Boolean) : undefined
}
