import { getDomain } from 'tldts'

/**
 * The domains above a domain in normal form, nearest first, down to the one that was registered: of `a.b.bad.example`
 * they are `b.bad.example` and `bad.example`. Nothing above a public suffix, private ones (`github.io`) included; nothing
 * for a public suffix itself and for a single label.
 */
export function parentDomains(domain: string): readonly string[] {
  const registered = getDomain(domain, { allowPrivateDomains: true, extractHostname: false, validateHostname: false })
  if (registered === null || registered.length >= domain.length) return []
  const parents: string[] = []
  let at = domain.indexOf('.')
  while (at >= 0 && domain.length - at - 1 >= registered.length) {
    parents.push(domain.slice(at + 1))
    at = domain.indexOf('.', at + 1)
  }
  return parents
}

/** Whether names of many owners are registered right below it: `example`, `co.uk`, `github.io`. */
export function isPublicSuffix(domain: string): boolean {
  return getDomain(domain, { allowPrivateDomains: true, extractHostname: false, validateHostname: false }) === null
}
