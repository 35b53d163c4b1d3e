import { exitStatusOfKind, type ErrorKind } from '../core/errors.ts'
import { globalFlags } from './global-flags.ts'

const whenOfKind: Readonly<Record<ErrorKind, string>> = {
  internal: 'a bug of ours',
  usage: 'the command line is wrong',
  config: 'a profile, desired state or setting is wrong: file and line are named',
  auth: 'credentials missing, refused or expired; our certificate or its passphrase; a proxy that wants a login',
  'not-found': 'no such profile, collection, object or order; nothing is known (lookup --exit-code)',
  conflict: 'changed since it was read, or locked by another process',
  network: 'temporary: no connection, time-out, 429, 5xx; trying again may help',
  pending: 'still to be settled: an order running, a write of unknown outcome, changes (plan or drift --exit-code)',
  remote: 'the other side said no',
  protocol: 'the answer breaks the standard: loop, lie, not TAXII, damaged body',
  local: 'the store, the disk or standard output failed',
  partial: 'some of several targets failed; the result lists each',
  refused: "we said no: the server's TLS identity, another origin asking for a credential, a forbidden address",
  cancelled: 'stopped: 129 by SIGHUP, 130 by SIGINT (Ctrl-C), 143 by SIGTERM',
}

/** `help exit-codes`; also a part of docs/errors.md. */
export function explainExitCodes(): string {
  const rows = Object.entries(exitStatusOfKind).map(
    ([kind, status]) => `${String(status).padStart(4)}  ${kind.padEnd(10)} ${whenOfKind[kind as ErrorKind]}`,
  )
  return [
    'Exit status and kind of failure ("kind" in JSON errors):',
    '',
    '   0             done; an empty answer is done too, and so is a reader that closed the pipe',
    ...rows,
  ].join('\n')
}

function explainEnvironment(): string {
  const widestFlag = Math.max(...globalFlags.map(({ flags }) => flags.length))
  return [
    'Every flag can be set in the environment as STIXTAXII_ and its name in capitals: STIXTAXII_STORE for --store, ' +
      'STIXTAXII_PAGE_SIZE for --page-size. A switch takes 1, true, yes, on or 0, false, no, off; a flag that may be ' +
      'repeated takes a comma-separated list. A flag wins over the environment, the environment over the profile, the ' +
      'profile over the default. The flags that define a source (--url, --username, --password-file, --token-file ...) ' +
      'are different: set in the environment they make up one profile named "environment", and nothing of it goes to ' +
      'any other profile.',
    '',
    'STIXTAXII_DIRECTOR_URL makes up a Director profile "environment-director" in the same way, with ' +
      'STIXTAXII_DIRECTOR_TOKEN or _TOKEN_FILE (else STIXTAXII_TOKEN or _TOKEN_FILE, unless STIXTAXII_URL is set), ' +
      '_POOL, _LOGPOINT (NAME=ID,...), _CA, _PIN, _PROXY, _ALLOW_HTTP, _TOKEN_ALWAYS_ACTIVE; STIXTAXII_DIRECTORY names ' +
      'a file of pools and Logpoints.',
    '',
    'STIXTAXII_CONFIG_DIR   where profiles are kept (default $XDG_CONFIG_HOME/stixtaxii, ~/.config/stixtaxii)',
    'STIXTAXII_DATA_DIR     where the store is kept (default $XDG_DATA_HOME/stixtaxii, ~/.local/share/stixtaxii)',
    'NO_COLOR               no colours, unless --color or STIXTAXII_COLOR says otherwise',
    '',
    'Global flags:',
    ...globalFlags.map(({ flags, about }) => `  ${flags.padEnd(widestFlag)}  ${about}`),
  ].join('\n')
}

function explainFormats(): string {
  return [
    'Data goes to standard output, everything for a person to standard error. -o chooses how data is written:',
    '',
    'table   aligned columns; cut to the width of a terminal, whole elsewhere (the default)',
    'json    a listing is an array, one thing an object, an action {"results": [...], "totals": {...}}',
    'ndjson  one record a line',
    'yaml    the same values as json',
    'csv     RFC 4180 quoting; field names as heads; a text that a spreadsheet would run as a formula gets a leading apostrophe',
    'name    only the name of each record, one a line',
    '',
    'Names are camelCase, times RFC 3339 in UTC. JSON bytes do not depend on terminal, language or time zone.',
    'With json and ndjson a failure is one line on standard error, the last: {"error": {"code", "kind", "message", ' +
      '"hint", "context"}}; warnings are lines {"warning": {"code", "message"}}. The JSON Schemas are in the folder ' +
      'schemas/ of the package.',
    'poll, get, export and enrich write a format of their own, and -o is an error there.',
  ].join('\n')
}

/** What `stixtaxii help TOPIC` knows besides the commands; lines as long as they come, to be folded. */
export const helpTopics: Readonly<Record<string, () => string>> = {
  'exit-codes': explainExitCodes,
  environment: explainEnvironment,
  formats: explainFormats,
}
