/** A version beside others of its id, as the drivers that note what is superseded know it. */
export interface SiblingVersion {
  /** Microseconds of `addedAt`. */
  readonly added: number
  /** A number for each spec version; null where nobody knows. */
  readonly spec: number | null
}

/**
 * 0: a later version of the same spec version is stored. 1: all others of the id are such. Null: neither; the id has several
 * spec versions, or nobody knows which ones.
 */
export type Latest = 0 | 1 | null

/** What is noted of each of these, which are all that are stored of an id. */
export function latestOf<Version extends SiblingVersion>(
  versions: readonly Version[],
  isLater: (a: Version, b: Version) => boolean,
): readonly Latest[] {
  const lasts = new Map<number, Version>()
  for (const version of versions) {
    if (version.spec === null) continue
    const last = lasts.get(version.spec)
    if (!last || isLater(version, last)) lasts.set(version.spec, version)
  }
  const isSuperseded = (version: Version) => version.spec !== null && lasts.get(version.spec) !== version
  const left = versions.reduce((count, version) => count + (isSuperseded(version) ? 0 : 1), 0)
  return versions.map((version) => (isSuperseded(version) ? 0 : left === 1 ? 1 : null))
}

export interface LatestChange {
  readonly added: number
  readonly latest: Latest
  /** Undefined: nothing was noted of it, as it is new. */
  readonly former?: Latest | undefined
}

/** What changes in the notes of an id when the versions behind the first `before` ones come to them. */
export function latestChanges<Version extends SiblingVersion>(
  versions: readonly Version[],
  before: number,
  isLater: (a: Version, b: Version) => boolean,
): readonly LatestChange[] {
  const former = latestOf(versions.slice(0, before), isLater)
  return latestOf(versions, isLater).flatMap((latest, place) => {
    const { added } = versions[place] as Version
    return former[place] === latest ? [] : [{ added, latest, former: former[place] }]
  })
}
