const keyParameters = /(key|token|secret|pass|pwd|auth|sig|credential|session|apikey)/i

/** A URL as it may be shown: user information and the values of parameters that look like keys are `***`. */
export function redactUrl(url: URL | string): string {
  let copy: URL
  try {
    copy = new URL(url)
  } catch {
    return String(url).replace(/\/\/[^/@\s]*@/, '//***@')
  }
  if (copy.username || copy.password) {
    copy.username = '***'
    copy.password = ''
  }
  for (const name of [...copy.searchParams.keys()]) {
    if (keyParameters.test(name) && name !== 'match[id]') copy.searchParams.set(name, '***')
  }
  return copy.href.replaceAll('%2A%2A%2A', '***')
}

/** Whether a query parameter of this name probably carries a secret. */
export function isKeyParameter(name: string): boolean {
  return keyParameters.test(name)
}
