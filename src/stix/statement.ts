/**
 * What an item says about values that can be looked for: the common form of STIX 2 indicators, observed data and
 * cyber-observables, and of STIX 1 indicators and CybOX observables.
 */

/** Kinds of values. Hashes by their name; `certificate-serial` is X.509's. */
export const valueKinds = [
  'ipv4',
  'ipv6',
  'domain',
  'url',
  'email',
  'md5',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'sha3-256',
  'sha3-512',
  'ssdeep',
  'tlsh',
  'file-name',
  'file-path',
  'process',
  'registry-key',
  'mutex',
  'mac',
  'asn',
  'user-agent',
  'email-subject',
  'certificate-serial',
] as const
export type ValueKind = (typeof valueKinds)[number]

/**
 * A value in its normal form (`normaliseValue`): addresses and networks in canonical text (`198.51.100.0/24`; a network of
 * one address is the address), domains in lower-case ASCII without trailing dot, hashes in lower-case hex.
 */
export interface Value {
  readonly kind: ValueKind
  readonly value: string
}

export interface StatedValue extends Value {
  /**
   * Whether seeing the value alone means a match. False: a hint, true only together with more (AND, NOT, FOLLOWEDBY,
   * qualifiers that one event cannot meet).
   */
  readonly sound: boolean
  /** The value as it was written, where that differs. */
  readonly original?: string | undefined
}

/** TLP 1 and 2 in one scale, from `clear` to `red`. */
export const tlpLevels = ['clear', 'green', 'amber', 'amber+strict', 'red'] as const
export type Tlp = (typeof tlpLevels)[number]

/** One indicator, or one bare observable, with what is said of it. Times are RFC 3339 in UTC. */
export interface Statement {
  /** The STIX id of the indicator, observed data or observable; for STIX 1 its QName text. Empty where it has none. */
  readonly id: string
  readonly role: 'indicator' | 'observable'
  readonly values: readonly StatedValue[]
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Labels and indicator types, in the order written. */
  readonly labels: readonly string[]
  /** `chain:phase`. */
  readonly killChainPhases: readonly string[]
  /** 0 to 100. */
  readonly confidence?: number | undefined
  /** How bad it is, 0 to 100, where the producer says so (score and severity properties, STIX 1 likely impact). */
  readonly severity?: number | undefined
  readonly created?: string | undefined
  readonly modified?: string | undefined
  readonly firstSeen?: string | undefined
  readonly lastSeen?: string | undefined
  /** Inclusive. */
  readonly validFrom?: string | undefined
  /** Exclusive; undefined is open. */
  readonly validUntil?: string | undefined
  readonly revoked: boolean
  /** The strictest of its markings, granular ones on the value included. Undefined: not marked, or by what we do not have. */
  readonly tlp?: Tlp | undefined
  /** Ids of marking definitions other than the standard TLP ones: they may be in the store, and may hold a TLP. */
  readonly markingRefs: readonly string[]
  readonly createdBy?: string | undefined
  /** What kind of threat, where the item itself says it (STIX 1 type or indicated TTP, malware name in the labels). */
  readonly category?: string | undefined
  /** Of what the category was taken from, where that has a marking of its own: a STIX 1 TTP. */
  readonly categoryTlp?: Tlp | undefined
  readonly sightings?: number | undefined
  /** Why parts of it could not be used: an invalid pattern, an unknown pattern type, a regular expression we cannot run. */
  readonly unused: readonly string[]
}

/** A relationship between two STIX objects, as `indicates`; from relationship objects, sightings and STIX 1 references. */
export interface Relation {
  readonly from: string
  readonly type: string
  readonly to: string
  /** The strictest of its own markings, and ids of others: as of a statement. */
  readonly tlp?: Tlp | undefined
  readonly markingRefs?: readonly string[] | undefined
}

/** What a reference to an object is shown as: malware, actors, campaigns, tools, identities, markings. */
export interface NamedObject {
  readonly id: string
  readonly type: string
  readonly name: string
  /** The strictest of its own markings; of a marking definition, which TLP it is. */
  readonly tlp?: Tlp | undefined
  /** Ids of its other markings, which may be in the store. */
  readonly markingRefs?: readonly string[] | undefined
}

/** What one item says. A STIX 2 object names at most itself, a block whatever is in it. */
export interface Reading {
  readonly statements: readonly Statement[]
  readonly relations: readonly Relation[]
  readonly named: readonly NamedObject[]
  /** What a strict reader would have refused and how it was mended; a sentence each. */
  readonly losses: readonly string[]
  /** Of a block: the strictest TLP of anything in it, also of what says nothing about values. */
  readonly tlp?: Tlp | undefined
}
