import type { Value } from '../stix/statement.ts'

/** A value that nobody opens by accident: `hxxp://bad[.]example/x`, `203.0.113[.]9`, `ann[@]bad[.]example`. For people only. */
export function defang({ kind, value }: Value): string {
  switch (kind) {
    case 'ipv4':
    case 'domain':
      return lastDot(value)
    case 'ipv6':
      return value.replace(/:(?=[^:]*$)/, '[:]')
    case 'email':
      return `${value.slice(0, value.lastIndexOf('@'))}[@]${lastDot(value.slice(value.lastIndexOf('@') + 1))}`
    case 'url':
      return defangUrl(value)
    default:
      return value
  }
}

function defangUrl(url: string): string {
  const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)([^]*)$/i.exec(url) ?? []
  return `${scheme.replace(/^http/i, 'hxxp').replace(/^ftp/i, 'fxp')}${lastDot(host)}${rest}`
}

function lastDot(host: string): string {
  return host.replace(/\.(?=[^.]*$)/, '[.]')
}
