import type { Tlp } from '../statement.ts'
import { tlpLevels } from '../statement.ts'
import { strictest } from '../stix2/markings.ts'
import { childOf, childrenOf, type Element, type Place } from './elements.ts'
import type { Marking, MarkingTarget } from './package.ts'

/** Longest XPath that is read; what is longer marks everything around it. */
const maxPath = 4096
const maxTargets = 64

/** The markings of a `Handling` element, with what each of them governs. */
export function readHandling(handling: Element): readonly Marking[] {
  return childrenOf(handling, 'Marking').flatMap((marking) => {
    const structures = childrenOf(marking, 'Marking_Structure')
    const levels = structures.flatMap(levelsIn)
    const statement = structures.map(statementIn).find((text) => text !== undefined)
    const said = strictest([...levels, ...levelOfText(statement)])
    if (said === undefined && statement === undefined) return []
    const control = childOf(marking, 'Controlled_Structure')
    return [{ tlp: said, statement, targets: controlledBy(control?.text ?? '', marking.place) }]
  })
}

/** TLP of the TLP extension, and of those that hold one (AIS), as an attribute `color`. */
function levelsIn(element: Element): readonly (Tlp | undefined)[] {
  return [levelOf(element.attributes['color'] ?? ''), ...element.children.flatMap(levelsIn)]
}

function levelOf(color: string): Tlp | undefined {
  const level = color.trim().toLowerCase().replace(/\s/g, '')
  if (level === 'white') return 'clear'
  return tlpLevels.find((known) => known === level)
}

/** `TLP:AMBER` in a simple marking's statement. */
function levelOfText(text: string | undefined): readonly (Tlp | undefined)[] {
  const found = text
    ?.slice(0, maxPath)
    .matchAll(/\bTLP\s{0,2}[:_ -]\s{0,2}(WHITE|CLEAR|GREEN|AMBER(?:\+STRICT)?|RED)\b/gi)
  return found ? [...found].map(([, color]) => levelOf(color ?? '')) : []
}

function statementIn(structure: Element): string | undefined {
  const found = childOf(structure, 'Statement') ?? childOf(structure, 'Terms_Of_Use')
  const text = found?.text.trim()
  return text === undefined || text === '' ? undefined : text
}

/**
 * What a `Controlled_Structure` governs, by the XPath forms in use: the whole document (`//node()`), steps up
 * (`../../../descendant-or-self::node()`), an ancestor by name, and from there everything or the elements of one name or id.
 * What cannot be read governs all that is around it: better too strict than too loose. Without one, the element that is handled.
 * @see STIX 1.2, data_marking.xsd, MarkingSpecificationType
 */
function controlledBy(path: string, marking: Place): readonly MarkingTarget[] {
  const handled = handledBy(marking)
  const branches = path.trim().slice(0, maxPath).split('|')
  if (path.length > maxPath || branches.length > maxTargets) return [{ under: handled }]
  return branches.map((branch) => targetOf(branch.trim(), marking, handled))
}

/** The element whose `Handling` it is; a header speaks for its package. */
function handledBy(marking: Place): Place {
  const owner = marking.outer?.outer ?? marking
  return owner.local === 'STIX_Header' || owner.local === 'Header' ? (owner.outer ?? owner) : owner
}

function targetOf(branch: string, marking: Place, handled: Place): MarkingTarget {
  const up = /^(?:\.\.\/?)+/.exec(branch)?.[0]
  if (up !== undefined) return inside(climb(marking, up.split('..').length - 1), branch.slice(up.length))
  const ancestor = /^ancestor(?:-or-self)?::(?:[\w.-]+:)?([\w-]+|\*|node\(\))(?:\[@id\s*=\s*["']([^"']*)["']\])?/.exec(
    branch,
  )
  if (ancestor) {
    const named = nearest(marking, ancestor[1] ?? '', ancestor[2])
    return inside(named ?? handled, branch.slice(ancestor[0].length))
  }
  if (branch.startsWith('/')) return inside(outermost(marking), branch.replace(/^\/[\w.:-]*STIX_Package(?=\/|$)/, ''))
  return { under: handled }
}

/** Steps count from the `Controlled_Structure`, whose parent is the marking. */
function climb(marking: Place, steps: number): Place {
  let at = marking
  for (let step = 1; step < steps; step++) at = at.outer ?? at
  return at
}

function nearest(from: Place, local: string, id: string | undefined): Place | undefined {
  for (let at: Place | undefined = from; at; at = at.outer) {
    if (at.local === local && (id === undefined || at.id === id)) return at
  }
  return undefined
}

function outermost(place: Place): Place {
  let at = place
  while (at.outer) at = at.outer
  return at
}

/** The last element that the rest of the path names by its name; everything where it names none. */
function inside(under: Place, rest: string): MarkingTarget {
  const steps = [...rest.matchAll(/(?:^|\/)(?:[\w-]+::)?(?:[\w.-]+:)?([A-Z]\w*)((?:\[[^\]]{0,400}\])*)/g)]
  const last = steps.at(-1)
  if (!last) return { under }
  const id = /@id\s*=\s*["']([^"']*)["']/.exec(last[2] ?? '')?.[1]
  return { under, local: last[1], id }
}
