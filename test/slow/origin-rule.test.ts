import { expect, test } from 'vitest'
import { placeNames, type PlaceName } from '../http/origin-rule/home.ts'
import { playOriginRule } from '../http/origin-rule/play.ts'
import { secretKinds } from '../http/origin-rule/secrets.ts'

/** Where nothing that a server writes is taken for an address at all, whatever the profile allows. */
const leadNowhere: readonly PlaceName[] = [
  'next',
  'status id',
  'redirect of the login',
  "Director's order",
  "redirect by Director's API",
]

const title = 'S1, N15, T16: no spelling of another origin gets a secret of any kind, wherever a server names it'

test(title, { timeout: 900_000 }, async () => {
  const places = placeNames.filter((place) => !leadNowhere.includes(place))
  const played = await playOriginRule({ places })
  const nowhere = await playOriginRule({ kinds: ['basic', 'login'], places: leadNowhere })

  const checks = played.checks + nowhere.checks
  console.log(
    `${checks} checks: ${played.spellings} spellings, ${secretKinds.length} kinds of secret, ${placeNames.length} places; ` +
      `${played.crossed.length + nowhere.crossed.length} crossed`,
  )
  expect([...played.crossed, ...nowhere.crossed]).toEqual([])
  expect(checks).toBeGreaterThanOrEqual(2_240)
  // A proxy keeps its own: everything else is heard over there once the profile allows it.
  const heard = secretKinds.filter((kind) => kind !== 'proxy')
  expect(played.reached).toEqual(heard.flatMap((kind) => places.map((place) => `${kind}, ${place}`)))
  expect(nowhere.reached).toEqual([])
})
