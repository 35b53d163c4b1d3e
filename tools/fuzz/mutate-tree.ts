import { between, oneOf } from '../campaign/seeded.ts'
import { strange } from './mutate.ts'
import type { Random } from './target.ts'

/** A JSON value changed within its structure: a value replaced, a member renamed, doubled, moved or left out. */
export function mutatedTree(random: Random, value: unknown): unknown {
  const copy: unknown = structuredClone(value)
  const count = between(random, 1, 4)
  let holder = { root: copy }
  for (let index = 0; index < count; index += 1) holder = changed(random, holder)
  return holder.root
}

/** A value of JSON that nobody asked for. */
export function anyValue(random: Random, depth = 3): unknown {
  const kind = between(random, 0, depth > 0 ? 8 : 6)
  switch (kind) {
    case 0:
      return null
    case 1:
      return random() < 0.5
    case 2:
      return oneOf(random, numbers)
    case 7:
      return Array.from({ length: between(random, 0, 4) }, () => anyValue(random, depth - 1))
    case 8: {
      const entries = Array.from({ length: between(random, 0, 4) }, () => [
        anyText(random),
        anyValue(random, depth - 1),
      ])
      // Own keys, `__proto__` too, as JSON.parse makes them.
      return JSON.parse(`{${entries.map(([name, each]) => `${JSON.stringify(name)}:${JSON.stringify(each)}`).join()}}`)
    }
    default:
      return anyText(random)
  }
}

/** A text of one or a few strange pieces. */
export function anyText(random: Random): string {
  return Array.from({ length: between(random, 0, 3) }, () =>
    random() < 0.6 ? oneOf(random, strange) : String.fromCodePoint(between(random, 0x20, 0x2fff)),
  ).join('')
}

const numbers = [
  0,
  -0,
  1,
  -1,
  1.5,
  1e21,
  1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 63),
  253402300800,
]

type Holder = Record<string, unknown>

function changed<T extends Holder>(random: Random, holder: T): T {
  const places = placesOf(holder)
  const [parent, key] = oneOf(random, places)
  switch (between(random, 0, 6)) {
    case 0:
    case 1:
      put(parent, key, anyValue(random))
      break
    case 2:
      if (parent !== holder) remove(parent, key)
      break
    case 3: {
      const [other, from] = oneOf(random, places)
      put(parent, key, structuredClone(other[from]))
      break
    }
    case 4:
      if (typeof parent[key] === 'string') put(parent, key, twisted(random, parent[key]))
      else put(parent, key, [parent[key]])
      break
    case 5:
      if (Array.isArray(parent)) parent.push(...(structuredClone(parent) as unknown[]))
      else put(parent, parent === holder ? key : anyText(random), structuredClone(parent[key]))
      break
    default:
      put(parent, key, typeof parent[key] === 'number' ? String(parent[key]) : anyText(random))
  }
  return holder
}

function twisted(random: Random, text: string): string {
  const at = between(random, 0, text.length)
  return text.slice(0, at) + oneOf(random, strange) + text.slice(random() < 0.5 ? at : at + 1)
}

// `parent[key] = ...` would set a prototype under the name `__proto__`.
function put(parent: Holder, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true })
}

function remove(parent: Holder, key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else Reflect.deleteProperty(parent, key)
}

function placesOf(holder: Holder): [parent: Holder, key: string][] {
  const places: [Holder, string][] = []
  const visit = (at: Holder, depth: number): void => {
    for (const key of Object.keys(at)) {
      places.push([at, key])
      const below = at[key]
      if (typeof below === 'object' && below !== null && depth < 30) visit(below as Holder, depth + 1)
    }
  }
  visit(holder, 0)
  return places
}
