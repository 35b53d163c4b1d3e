import { oneOf } from '../../campaign/seeded.ts'
import { redactUrl } from '../../../src/core/redact.ts'
import { classifyAddress, isLoopbackHost } from '../../../src/http/address-guard.ts'
import { bypassesProxy } from '../../../src/http/proxy-bypass.ts'
import { redirected } from '../../../src/http/redirect.ts'
import { readOrigin, readProxyUrl, readSourceUrl } from '../../../src/profile/url.ts'
import { namedAddress } from '../../../src/taxii/addresses.ts'
import { locateByPath } from '../../../src/taxii/v2/locate.ts'
import { withQuery } from '../../../src/taxii/v2/query.ts'
import { mutated, strange } from '../mutate.ts'
import { holds, same, secret, textOf } from '../target.ts'
import type { FuzzTarget } from '../target.ts'

const home = new URL('https://taxii.example:8443/taxii2/')

const addresses: readonly string[] = [
  'https://taxii.example:8443/api/', '/api/', 'api', '../up/', '//other.example/x', 'https://other.example/api/', 'http://taxii.example:8443/', 'HTTPS://TAXII.EXAMPLE:8443/a',
  'https://taxii.example:8443@other.example/', `https://ann:${secret}@taxii.example:8443/`, `https://taxii.example:8443/?apikey=${secret}&x=1`, `/p?token=${secret}#f`,
  'https://taxii.example.:8443/', 'https://%74axii.example:8443/', 'https://[::ffff:127.0.0.1]/', 'http://2130706433/', 'http://0x7f.1/', 'file:///etc/passwd', 'data:text/html,x', 'javascript:alert(1)',
  'https:\\\\taxii.example:8443\\a', 'https://taxii.example:8443/a/%2e%2e/b', 'https://tаxii.example/', 'https://xn--txii-43d.example/', 'https://taxii.example:99999/', 'https://taxii.example:0/', 'socks5://proxy.example:1080',
] // prettier-ignore

/** Addresses that a server or a user names: none leads away from home unseen, none is shown with its secret. */
export const address: FuzzTarget = {
  name: 'address',
  weight: 4,
  open: () => ({
    make: (random) => mutated(random, oneOf(random, addresses), addresses),
    judge(input, random) {
      const text = textOf(input)
      // A secret whose place the change has taken away is none any more.
      if (/\/\/[^/?#\s\\]*:[^/?#\s@\\]*@|[?&](apikey|token)=/.test(text))
        holds(!redactUrl(text).includes(secret) || !isWhole(text), `a secret is shown: ${redactUrl(text)}`)
      const named = run(() => namedAddress(text, home, { home, forbidQuery: random() < 0.5, notices: () => undefined }))
      if (named) same([named.url.origin, named.url.username], [home.origin, ''], 'another origin is asked')
      const hop = { status: oneOf(random, [301, 302, 303, 307, 308]), location: text, visited: new Set<string>() }
      const next = run(() => redirected({ method: 'GET', url: home }, hop))
      if (next) holds(next.url.protocol !== 'http:', 'from https to http')
      for (const read of [
        readSourceUrl,
        (flag: string, value: string) => new URL(readOrigin(flag, value)),
        (flag: string, value: string) => new URL(readProxyUrl(flag, value)),
      ]) {
        const url = run(() => read('--url', text))
        if (!url) continue
        same([url.username, url.password, url.hash], ['', '', ''], 'a URL with a secret is taken')
        same(read('--url', url.href).href, url.href, 'a URL that was taken is not taken again')
        locateByPath(url)
      }
      classifyAddress(text)
      isLoopbackHost(text)
      bypassesProxy(home, 8443, text)
      const asked = withQuery(
        home,
        { next: text, match: [{ field: 'id', values: [text] }], limit: 5 },
        { time: 'micros', limit: true, brackets: 'plain' },
      )
      same(asked.searchParams.get('next'), Buffer.from(text).toString(), 'next changes on its way')
      same(asked.origin + asked.pathname, home.origin + home.pathname, 'next leads elsewhere')
    },
  }),
}

function isWhole(text: string): boolean {
  return URL.canParse(text) && !strange.some((each) => each.length > 3 && text.includes(each))
}

/** Errors that are meant are answers here, and the other readers are asked all the same. */
function run<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error && error.name === 'StixTaxiiError') {
      holds(!error.message.includes(`:${secret}@`), `an error names a secret: ${error.message}`)
      return undefined
    }
    throw error
  }
}
