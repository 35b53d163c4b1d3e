/** The profile's own server, and the port on which somebody else listens on every address of this machine. */
export interface Ground {
  readonly home: string
  readonly homePort: number
  readonly otherPort: number
}

/** Whoever answers there is not the profile's server; every name but the home's leads to it. */
export const otherHost = 'other.example'

/**
 * Spellings of addresses that a server may name and that are, or could be taken for, another origin than `https://home:port`.
 * Each ends where a path may go on.
 * @see WHATWG URL, 4.4 (how blanks, tabs, backslashes, user information and numbers in a host are read)
 */
export function spellingsOf({ home, homePort, otherPort }: Ground): readonly string[] {
  const other = `${otherHost}:${otherPort}`
  return [
    // Another port, another host, another scheme.
    `https://${home}:${otherPort}/`,
    `https://${other}/`,
    `https://${otherHost}:${homePort}/`,
    `http://${home}:${homePort}/`,
    `http://${home}:${otherPort}/`,
    `HtTpS://${home.toUpperCase()}:${otherPort}/`,
    `https://${home}:0${otherPort}/`,
    `https://${home}/`,
    `https://${home}:/`,
    `https://${home}:443/`,
    `https://${home}:80/`,
    // The host's name, written almost like that.
    `https://${home}.:${homePort}/`,
    `https://${home.replace('.', '\u3002')}\u3002:${homePort}/`,
    `https://${home.replace('.', '%2e')}%2E:${homePort}/`,
    `https://${home.replace('a', '\u0430')}:${homePort}/`,
    `https://${home.replace('taxii', 'xn--txii-53d')}:${homePort}/`,
    `https://\uff54\uff41\uff58\uff49\uff49.example:${otherPort}/`,
    `https://${home}.${otherHost}:${homePort}/`,
    `https://www.${home}:${homePort}/`,
    // Without a scheme, or with too few or too many slashes.
    `//${other}/`,
    `///${other}/`,
    `\\\\${other}\\`,
    `/\\${other}/`,
    `https:\\\\${other}\\`,
    `https:///${other}/`,
    `https:/${other}/`,
    `https:${other}/`,
    // User information, and what looks like it.
    `https://${home}:${homePort}@${other}/`,
    `https://${home}%3A${homePort}@${other}/`,
    `https://${other}\\@${home}:${homePort}/`,
    `https://${other}#@${home}:${homePort}/`,
    `https://${other}?@${home}:${homePort}/`,
    `https://user:word@${home}:${otherPort}/`,
    // Addresses of this machine.
    `https://127.0.0.1:${otherPort}/`,
    `https://2130706433:${otherPort}/`,
    `https://0x7f000001:${otherPort}/`,
    `https://0177.0.0.1:${otherPort}/`,
    `https://127.1:${otherPort}/`,
    `https://[::1]:${otherPort}/`,
    `https://[0:0:0:0:0:0:0:1]:${otherPort}/`,
    `https://[::ffff:127.0.0.1]:${otherPort}/`,
    `https://[::ffff:7f00:1]:${otherPort}/`,
    `https://0.0.0.0:${otherPort}/`,
    `https://localhost:${otherPort}/`,
    'https://169.254.169.254/',
    // Blanks and tabs that a URL parser takes out.
    `ht\ttps://${otherHost}\t:${otherPort}/`,
    `https://${home}\t:${otherPort}/`,
    ` https://${other}/`,
    `\u00a0https://${other}/`,
    // No address to follow at all.
    `wss://${other}/`,
    `file://${other}/`,
  ]
}
