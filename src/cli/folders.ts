import { isAbsolute, join, resolve } from 'node:path'
import { StixTaxiiError } from '../core/errors.ts'
import type { Host } from './host.ts'

/** Where things are kept; absolute paths, not created here. */
export interface Folders {
  readonly config: string
  readonly data: string
}

type FolderHost = Pick<Host, 'environment' | 'homeDirectory' | 'platform' | 'workingDirectory'>

/**
 * The folders of this user: `STIXTAXII_CONFIG_DIR` and `STIXTAXII_DATA_DIR`, else by the XDG Base Directory
 * Specification (a relative XDG value is ignored, as it demands), else what macOS and Windows have for it.
 * @throws CLI_HOME_UNKNOWN (config) when the user has no home folder and nothing else says where.
 */
export function findFolders(host: FolderHost): Folders {
  return {
    get config() {
      return folder(host, 'STIXTAXII_CONFIG_DIR', 'XDG_CONFIG_HOME', configDefaults)
    },
    get data() {
      return folder(host, 'STIXTAXII_DATA_DIR', 'XDG_DATA_HOME', dataDefaults)
    },
  }
}

type Defaults = { readonly xdg: readonly string[]; readonly mac: readonly string[]; readonly windows: string }

const configDefaults: Defaults = { xdg: ['.config'], mac: ['Library', 'Preferences'], windows: 'APPDATA' }
const dataDefaults: Defaults = {
  xdg: ['.local', 'share'],
  mac: ['Library', 'Application Support'],
  windows: 'LOCALAPPDATA',
}

function folder(host: FolderHost, own: string, xdg: string, defaults: Defaults): string {
  const { environment } = host
  const named = environment[own]
  if (named) return resolve(host.workingDirectory, named)
  const base = environment[xdg]
  if (base && isAbsolute(base)) return join(base, 'stixtaxii')
  const windows = environment[defaults.windows]
  if (host.platform === 'win32' && windows) return join(windows, 'stixtaxii')
  return join(home(host, own), ...(host.platform === 'darwin' ? defaults.mac : defaults.xdg), 'stixtaxii')
}

function home(host: FolderHost, own: string): string {
  let found: string | undefined
  let cause: unknown
  try {
    found = host.homeDirectory()
  } catch (error) {
    cause = error
  }
  if (found && isAbsolute(found)) return found
  throw new StixTaxiiError('CLI_HOME_UNKNOWN', 'This user has no home folder', {
    kind: 'config',
    hint: `Say where to keep things: set STIXTAXII_CONFIG_DIR and STIXTAXII_DATA_DIR (here ${own} is missing).`,
    context: { variable: own },
    cause,
  })
}
