/**
 * The tables. Each migration is what one version of the schema adds to the one before; its number is its place, counted
 * from 1, and is never changed once released.
 *
 * - `version` has one row for each stored version, found by id first: with the collection first SQLite's planner
 *   searches by the collection alone. `id` and `version` are coded by `keys.ts`, `digest` is the first half of the SHA-256
 *   of the raw bytes, `added` the microseconds of `addedAt`.
 * - `segment` has the raw bytes, compressed, in the order of `added` (`segments.ts`); a version is in the segment of its
 *   collection with the greatest `first` that is not above its `added`. That order is also how versions are listed.
 * - `page` has the pages that brought something: a version came with the page of its collection whose `first` is the
 *   greatest that is not above its `added`.
 * - `seen` has what a run that reads everything has received so far, `vanished` the ids that the last such run missed.
 * - `checksum` is over what no other check covers: `checksumOf`.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE source (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    checksum BLOB NOT NULL
  ) STRICT;
  CREATE TABLE collection (
    number INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (number),
    root TEXT NOT NULL,
    collection TEXT NOT NULL,
    title TEXT,
    version TEXT NOT NULL,
    ids INTEGER NOT NULL DEFAULT 0,
    versions INTEGER NOT NULL DEFAULT 0,
    blocks INTEGER NOT NULL DEFAULT 0,
    last_added INTEGER NOT NULL DEFAULT 0,
    checksum BLOB NOT NULL,
    UNIQUE (source, root, collection)
  ) STRICT;
  CREATE TABLE version (
    id BLOB NOT NULL,
    collection INTEGER NOT NULL,
    version BLOB NOT NULL,
    digest BLOB NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (id, collection, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE segment (
    number INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    first INTEGER NOT NULL,
    items INTEGER NOT NULL,
    types TEXT NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX segment_order ON segment (collection, first);
  CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    collection INTEGER NOT NULL REFERENCES collection (number),
    record TEXT NOT NULL,
    finish TEXT,
    pages INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0,
    new INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    conflicts INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0,
    revoked INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX run_order ON run (collection, number);
  CREATE TABLE page (
    number INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL REFERENCES collection (number),
    run INTEGER NOT NULL REFERENCES run (number),
    first INTEGER NOT NULL,
    record TEXT NOT NULL,
    checksum BLOB NOT NULL
  ) STRICT;
  CREATE INDEX page_order ON page (collection, first);
  CREATE TABLE checkpoint (
    collection INTEGER PRIMARY KEY REFERENCES collection (number),
    last_added INTEGER NOT NULL,
    record TEXT NOT NULL,
    checksum BLOB NOT NULL
  ) STRICT;
  CREATE TABLE quarantine (
    number INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL REFERENCES collection (number),
    run INTEGER NOT NULL REFERENCES run (number),
    digest BLOB NOT NULL,
    record TEXT NOT NULL,
    raw BLOB NOT NULL,
    checksum BLOB NOT NULL,
    UNIQUE (collection, digest)
  ) STRICT;
  CREATE TABLE conflict (
    number INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL REFERENCES collection (number),
    digest BLOB NOT NULL,
    record TEXT NOT NULL,
    kept BLOB NOT NULL,
    other BLOB NOT NULL,
    checksum BLOB NOT NULL,
    UNIQUE (collection, digest)
  ) STRICT;
  CREATE TABLE seen (
    run INTEGER NOT NULL REFERENCES run (number),
    id BLOB NOT NULL,
    PRIMARY KEY (run, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE vanished (
    collection INTEGER NOT NULL REFERENCES collection (number),
    id BLOB NOT NULL,
    PRIMARY KEY (collection, id)
  ) STRICT, WITHOUT ROWID;
  `,
]

/** Marks a file as ours among SQLite's databases: `StxT`. */
export const applicationId = 0x53747854
