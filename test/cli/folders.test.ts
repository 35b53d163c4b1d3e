import { describe, expect, it } from 'vitest'
import { findFolders } from '../../src/cli/folders.ts'

const host = (environment: Record<string, string | undefined>, platform: NodeJS.Platform = 'linux') => ({
  environment,
  platform,
  workingDirectory: '/here',
  homeDirectory: () => '/home/ann',
})

describe('the folders of a user', () => {
  it('are those of the XDG rules', () => {
    const { config, data } = findFolders(host({}))
    expect({ config, data }).toEqual({
      config: '/home/ann/.config/stixtaxii',
      data: '/home/ann/.local/share/stixtaxii',
    })
    const moved = findFolders(host({ XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' }))
    expect([moved.config, moved.data]).toEqual(['/c/stixtaxii', '/d/stixtaxii'])
  })

  it('ignore a relative XDG value, as the rules demand', () => {
    expect(findFolders(host({ XDG_DATA_HOME: 'relative' })).data).toBe('/home/ann/.local/share/stixtaxii')
  })

  it('are moved by variables of our own, relative to where we are', () => {
    const { config, data } = findFolders(host({ STIXTAXII_CONFIG_DIR: '/etc/x', STIXTAXII_DATA_DIR: 'data' }))
    expect([config, data]).toEqual(['/etc/x', '/here/data'])
  })

  it('are the usual ones on macOS and Windows', () => {
    expect(findFolders(host({}, 'darwin')).data).toBe('/home/ann/Library/Application Support/stixtaxii')
    expect(findFolders(host({ APPDATA: '/roaming' }, 'win32')).config).toBe('/roaming/stixtaxii')
  })

  it('L8: are asked for when the user has no home, and only then', () => {
    const homeless = {
      ...host({ STIXTAXII_DATA_DIR: '/data' }),
      homeDirectory: () => {
        throw new Error('no such user')
      },
    }
    expect(findFolders(homeless).data).toBe('/data')
    expect(() => findFolders(homeless).config).toThrow(
      expect.objectContaining({ code: 'CLI_HOME_UNKNOWN', kind: 'config' }),
    )
  })
})
