import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/core/duration.ts'
import { findPreset, presetNames, presets } from '../../src/taxii/presets/registry.ts'

describe('provider presets', () => {
  it('has a line in the registry for every file', () => {
    const files = readdirSync('src/taxii/presets').filter((file) => file !== 'registry.ts')
    expect(files.map((file) => file.replace(/\.ts$/, '')).sort()).toEqual([...presetNames].sort())
  })

  it.each(presets)('$name can be used as it stands', (preset) => {
    expect(findPreset(preset.name)).toBe(preset)
    const url = new URL(preset.url.replaceAll(/\{(host|instance)\}/g, 'taxii.example'))
    expect(url.username + url.search).toBe('')
    if (preset.apiRoot !== undefined) expect(preset.apiRoot).toMatch(/^\/[^/]/)
    if (preset.shortestInterval !== undefined) expect(parseDuration(preset.shortestInterval)).toBeDefined()
    if (preset.trailingSlash === 'never') expect(url.pathname.endsWith('/')).toBe(false)
    if (preset.rate !== undefined) expect(preset.rate.requests / preset.rate.perMs).toBeGreaterThan(0)
  })

  it('knows nothing of a name that is not in the list', () => {
    expect(findPreset('no-such-provider')).toBeUndefined()
  })

  it('leaves no provider with a limit on the window without one (ThreatConnect 1.x: 24 hours)', () => {
    expect(findPreset('threatconnect-1x')?.maxWindowMs).toBe(24 * 60 * 60 * 1000)
    expect(findPreset('threatconnect')).toMatchObject({ trailingSlash: 'never', repairs: ['prefix-bare-ids'] })
  })
})
