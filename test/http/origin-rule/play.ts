import { Secret } from '../../../src/core/secret.ts'
import { startHttpProxy } from '../../faults/loopback-proxies.ts'
import { anHttp, noRetries, type OpenedHttp } from '../an-http.ts'
import { answerOf, loginPath, placeNames, type PlaceName, type Planted } from './home.ts'
import { startRecorder } from './recorder.ts'
import { proxyLogin, secretKinds, secretOptions, secretsIn, type SecretKind } from './secrets.ts'
import { otherHost, spellingsOf } from './spellings.ts'
import { visit } from './visit.ts'

export interface Selection {
  readonly kinds?: readonly SecretKind[] | undefined
  readonly places?: readonly PlaceName[] | undefined
}

export interface Played {
  readonly checks: number
  readonly spellings: number
  /** What went where it should not, in words. */
  readonly crossed: readonly string[]
  /** For each place and kind whether a secret reaches another origin once the profile allows it and gives it the secret. */
  readonly reached: readonly string[]
}

const home = 'taxii.example'

/**
 * Plants every spelling at every place of a home server's answers and lets our clients come upon it with every kind of
 * secret. Somebody else listens on a second port of every address, and every name but the home's leads to them.
 */
export async function playOriginRule(selection: Selection = {}): Promise<Played> {
  const { kinds = secretKinds, places = placeNames } = selection
  let planted: Planted = { place: 'redirect', named: '/' }
  await using own = await startRecorder(['127.0.0.1'], 0, (request) => answerOf(request, origin, planted))
  await using other = await startRecorder(['127.0.0.1', '127.0.0.2', '::1'], 0, () => ({ status: 404 }))
  await using sameport = await startRecorder(['127.0.0.2', '::1'], own.port, () => ({ status: 404 }))
  await using proxy = await startHttpProxy({ login: `${proxyLogin.username}:${proxyLogin.password}` })
  const origin = `https://${home}:${own.port}`
  const asked = new Set<string>()

  const open = (kind: SecretKind, allowed: readonly string[]): OpenedHttp => {
    const options = secretOptions(kind, [origin, ...allowed], new URL(loginPath, origin))
    const [username, password] = [new Secret(proxyLogin.username), new Secret(proxyLogin.password)]
    const through = { url: new URL(`http://127.0.0.1:${proxy.port}`), username, password }
    return anHttp(
      origin,
      {
        ...options,
        // Nothing but the origin rule is to stand between a secret and the other origin.
        tls: { ...options.tls, insecure: true },
        plainHttp: 'allow',
        allowOrigins: allowed,
        retry: noRetries,
        ...(kind === 'proxy' && { proxy: through }),
      },
      { resolve: (name) => Promise.resolve(resolved(name)) },
    )
  }
  const resolved = (name: string): readonly string[] => {
    asked.add(name)
    return [name === home ? '127.0.0.1' : '127.0.0.2']
  }
  const go = async (place: PlaceName, opened: OpenedHttp, allowOrigins: readonly string[]): Promise<string[]> => {
    asked.clear()
    const askedOfProxy = proxy.asked.length
    for (const each of [own, other, sameport]) each.look()
    await visit(place, { http: opened.http, home: origin, allowOrigins })
    const plain = own.look().plain
    const strange = [other.look(), sameport.look()]
    const names = [...asked].filter((name) => name !== home)
    const tunnels = proxy.asked.slice(askedOfProxy).filter((line) => line !== `CONNECT ${home}:${own.port}`)
    const contacts = strange.reduce((sum, { contacts }) => sum + contacts, plain) + names.length + tunnels.length
    const shown = strange.flatMap(({ seen }) => seen).flatMap(secretsIn)
    return [...(contacts > 0 ? ['contact'] : []), ...shown]
  }

  const spellings = spellingsOf({ home, homePort: own.port, otherPort: other.port })
  const [crossed, reached]: [string[], string[]] = [[], []]
  let checks = 0
  for (const kind of kinds) {
    let opened = open(kind, [])
    for (const place of places) {
      for (const named of spellings) {
        planted = { place, named }
        // A token that is held would make the next login needless.
        if (place === 'redirect of the login' && kind === 'login') {
          await opened[Symbol.asyncDispose]()
          opened = open(kind, [])
        }
        checks += 1
        const found = await go(place, opened, [])
        if (found.length > 0) crossed.push(`${kind}, ${place}, ${JSON.stringify(named)}: ${found.join(' ')}`)
      }
      const allowed = `https://${kind === 'proxy' ? home : otherHost}:${other.port}`
      planted = { place, named: `${allowed}/elsewhere/` }
      await using allowing = open(kind, [allowed])
      if ((await go(place, allowing, [allowed])).some((what) => what !== 'contact')) reached.push(`${kind}, ${place}`)
    }
    await opened[Symbol.asyncDispose]()
  }
  return { checks, spellings: spellings.length, crossed, reached }
}
