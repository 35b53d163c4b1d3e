import { expect, it } from 'vitest'
import { faultsOfScene, placesOfScene } from '../hostile/run-scene.ts'
import type { Try } from '../hostile/run-scene.ts'
import { scenes } from '../hostile/scenes.ts'

// Each place of each answer with each text is test/slow/hostile-text.test.ts; here each scene has what it shows, as
// titles and messages, with a text that has something of each kind.
it.each(scenes.map((scene) => [scene.name, scene] as const))('S8 %s: hostile text stays text', async (_, scene) => {
  const places = await placesOfScene(scene)
  expect(places.length).toBeGreaterThan(3)
  const shown = places.filter(({ isShown, place }) => isShown && forPeople.test(place))
  // XML can have no C0 at all; C1 it can.
  const text = scene.isXml ? 'C1 control sequence' : 'several at once'
  const tries = [...shown.slice(0, 1), ...shown.slice(-1), ...places.slice(0, 1)].map(({ answer, place }, at): Try => {
    return { answer, place, text, format: at === 1 ? 'csv' : 'table', onTerminal: at === 2 }
  })
  expect(await faultsOfScene(scene, tries)).toEqual([])
})

const forPeople = /title|description|message|name|error|(?<!http_)status|Content$|@id|\/id$/i
