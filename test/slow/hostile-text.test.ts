import { describe, expect, it } from 'vitest'
import { faultsOfScene, placesOfScene, triesOf } from '../hostile/run-scene.ts'
import { scenes } from '../hostile/scenes.ts'

// Tries of each scene; STIXTAXII_HOSTILE=100000 tries each text at each place in each form, for a night.
const most = Number(process.env.STIXTAXII_HOSTILE ?? 30)

describe('hostile text through every place of every answer', () => {
  it.each(scenes.map((scene) => [scene.name, scene] as const))('S8 %s', async (_, scene) => {
    const places = await placesOfScene(scene)
    const count = Math.min(most, places.length * 31 * 6)
    const faults = await faultsOfScene(scene, triesOf(places, { count }))
    expect(faults.slice(0, 20), `${faults.length} of ${count} tries`).toEqual([])
  })
})
