import type { Relation, Tlp } from '../statement.ts'
import type { Place } from './elements.ts'
import type { Expression } from './expression.ts'

/** Texts as the producer wrote them; times are RFC 3339 in UTC. */
export interface Described {
  readonly id: string | undefined
  readonly place: Place
  readonly title: string | undefined
  readonly description: string | undefined
  /** The element's own, else that of the nearest element around it. */
  readonly timestamp: string | undefined
}

/** An observable that stands neither inside an indicator nor inside a composition. */
export interface ObservablePart extends Described {
  readonly expression: Expression | undefined
}

export interface IndicatorPart extends Described {
  /** In the order written, distinct. */
  readonly types: readonly string[]
  readonly expression: Expression | undefined
  readonly validFrom: string | undefined
  readonly validUntil: string | undefined
  readonly produced: string | undefined
  readonly producer: Producer | undefined
  /** 0 to 100. */
  readonly confidence: number | undefined
  readonly severity: number | undefined
  readonly sightings: number | undefined
  readonly firstSeen: string | undefined
  readonly lastSeen: string | undefined
  readonly killChainPhases: readonly KillChainPhase[]
  /** TTPs that it indicates, by id, or by name where they stand inside and have none. */
  readonly ttps: readonly IndicatedTtp[]
  /** Part of another indicator's composite expression, which speaks for it. */
  readonly isInner: boolean
}

export interface IndicatedTtp {
  /** Where it stands, or the reference to it. */
  readonly place: Place
  readonly id: string | undefined
  readonly name: string | undefined
  readonly type: 'malware' | 'attack-pattern'
}

export interface KillChainPhase {
  readonly chainId: string | undefined
  readonly chain: string | undefined
  readonly phaseId: string | undefined
  readonly phase: string | undefined
}

export interface Producer {
  readonly id: string | undefined
  readonly name: string | undefined
}

/** What a package names besides: malware, attack patterns, campaigns, actors, ... by STIX 2's words. */
export interface NamedPart extends Described {
  readonly type:
    | 'malware'
    | 'attack-pattern'
    | 'campaign'
    | 'threat-actor'
    | 'incident'
    | 'course-of-action'
    | 'vulnerability'
    | 'report'
  /** Malware names, `CAPEC-98`, `CVE-2026-1`; in the order written. */
  readonly names: readonly string[]
  readonly producer: Producer | undefined
  readonly killChainPhases: readonly KillChainPhase[]
}

/** A marking of a `Handling`: which TLP it gives, and to what. */
export interface Marking {
  readonly tlp: Tlp | undefined
  /** Text of a statement or of terms of use. */
  readonly statement: string | undefined
  readonly targets: readonly MarkingTarget[]
}

/** Everything at and below a place; or, inside of it, elements of a local name, of an id. */
export interface MarkingTarget {
  readonly under: Place
  readonly local?: string | undefined
  readonly id?: string | undefined
}

/**
 * A STIX 1 package as it was read: all that says something, and nothing of the XML. This is what stays in memory of a
 * document: about as much as will be told of it.
 */
export interface StixPackage {
  /** Id of the outermost package. */
  readonly id: string | undefined
  /** Title of the first header. */
  readonly title: string | undefined
  readonly timestamp: string | undefined
  readonly indicators: readonly IndicatorPart[]
  readonly observables: readonly ObservablePart[]
  readonly named: readonly NamedPart[]
  readonly relations: readonly Relation[]
  readonly markings: readonly Marking[]
  /** Producers that a package's header names, by the package's place. */
  readonly producers: ReadonlyMap<Place, Producer>
  readonly killChains: KillChains
  /** By id, the first with content; what an `idref` or an `object_reference` leads to. */
  readonly byId: {
    readonly observable: ReadonlyMap<string, Expression>
    readonly indicator: ReadonlyMap<string, Expression>
    readonly object: ReadonlyMap<string, Expression>
  }
  readonly losses: readonly string[]
}

export interface KillChains {
  readonly chainOfId: ReadonlyMap<string, string>
  readonly phaseOfId: ReadonlyMap<string, string>
}
