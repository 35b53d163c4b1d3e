/** What a program is told that does not know `standing`. */
const tooOld =
  'a newer stixtaxii has upgraded it while this one had it open: start this one again, in the newer version'

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
 * - `contents` has what can be in a segment (`contents.ts`), by numbers that `segment` has: none means that nobody knows. So
 *   has `version` its spec version, 0 for 2.0 and 1 for 2.1: none for blocks, and where nobody knows.
 * - `sibling` has the versions, by `added`, whose id has more than one in the collection: for all others to be the last
 *   version is to be the only one. `latest` is 0 for those that are superseded, and 1 or none as `latest.ts` says.
 * - `standing` has how many versions of a segment are not superseded; segments of which all are have no row. Programs of
 *   before schema 4, which may have the store open since then, do not keep it: the triggers `standing_...` refuse their writes.
 * - `seen` has what a run that reads everything has received so far, `vanished` the ids that the last such run missed.
 * - `checksum` is over what no other check covers: `checksumOf`.
 *
 * The index of values, all of it made of the items and made again by `store reindex`:
 *
 * - `stated` has one row for each value of each statement, in the order of `Store.knownValues` (`value-key.ts`); `marks` is
 *   1 for a sound value, plus 2 for an observable's; `original` the value as it was written, where that differs.
 * - `statement` has the rest of what an item says (`statement-body.ts`), in the order in which it came: collection, `added`
 *   of the item, and its place among the item's statements. Descriptions are in the item only. `trait` has what many
 *   statements have in common.
 * - `relation` leads from one id to another, `named` says what an id is shown as; both with the item that says so
 *   (`reference-body.ts`).
 * - `revoked` has the ids of which a revoked version was stored, also when that version was pruned since.
 * - `unread` has what is not in the index yet: items of the collection after `after` up to `until`, both of `added`.
 *   `reading` has the version of what made the statements.
 *
 * What the server keeps beside the versions:
 *
 * - `record` has small JSON values by kind and id, all three as UTF-8; `expires` in microseconds, when it is as good as gone.
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
  `
  CREATE TABLE stated (
    kind INTEGER NOT NULL,
    value BLOB NOT NULL,
    collection INTEGER NOT NULL,
    added INTEGER NOT NULL,
    place INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    original BLOB,
    PRIMARY KEY (kind, value, collection, added, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE statement (
    collection INTEGER NOT NULL,
    added INTEGER NOT NULL,
    place INTEGER NOT NULL,
    item BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (collection, added, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE trait (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE relation (
    origin BLOB NOT NULL,
    collection INTEGER NOT NULL,
    added INTEGER NOT NULL,
    target BLOB NOT NULL,
    type BLOB NOT NULL,
    item BLOB NOT NULL,
    PRIMARY KEY (origin, collection, added, target, type)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE named (
    id BLOB NOT NULL,
    collection INTEGER NOT NULL,
    added INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (id, collection, added)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE revoked (
    id BLOB NOT NULL,
    collection INTEGER NOT NULL,
    PRIMARY KEY (id, collection)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE unread (
    collection INTEGER PRIMARY KEY REFERENCES collection (number),
    after INTEGER NOT NULL,
    until INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE reading (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    reader INTEGER NOT NULL
  ) STRICT;
  ALTER TABLE collection ADD COLUMN statements INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE collection ADD COLUMN unusable INTEGER NOT NULL DEFAULT 0;
  INSERT INTO reading (one, reader) VALUES (1, 0);
  `,
  `
  CREATE TABLE record (
    kind BLOB NOT NULL,
    id BLOB NOT NULL,
    owner BLOB,
    revision INTEGER NOT NULL,
    expires INTEGER,
    body BLOB NOT NULL,
    checksum BLOB NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX record_owner ON record (kind, owner, id) WHERE owner IS NOT NULL;
  CREATE INDEX record_expiry ON record (expires) WHERE expires IS NOT NULL;
  CREATE TABLE contents (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL UNIQUE
  ) STRICT;
  ALTER TABLE segment ADD COLUMN contents INTEGER REFERENCES contents (number);
  CREATE INDEX segment_look ON segment (collection, first, items, contents);
  ALTER TABLE version ADD COLUMN spec INTEGER;
  CREATE TABLE sibling (
    collection INTEGER NOT NULL REFERENCES collection (number),
    added INTEGER NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (collection, added)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO sibling (collection, added, id) SELECT collection, added, id FROM version WHERE (id, collection) IN
    (SELECT id, collection FROM version GROUP BY id, collection HAVING count(*) > 1);
  `,
  `
  ALTER TABLE sibling ADD COLUMN latest INTEGER;
  CREATE INDEX sibling_undecided ON sibling (collection, added) WHERE latest IS NULL;
  CREATE TABLE standing (
    collection INTEGER NOT NULL REFERENCES collection (number),
    first INTEGER NOT NULL,
    items INTEGER NOT NULL,
    PRIMARY KEY (collection, first)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO standing (collection, first, items) SELECT collection, first, items FROM segment;
  CREATE TRIGGER standing_first BEFORE INSERT ON segment
    WHEN NOT EXISTS (SELECT 1 FROM standing WHERE collection = NEW.collection AND first = NEW.first)
    BEGIN SELECT RAISE(ABORT, '${tooOld}'); END;
  CREATE TRIGGER standing_kept BEFORE UPDATE OF items ON segment
    WHEN EXISTS (SELECT 1 FROM standing WHERE collection = OLD.collection AND first = OLD.first)
    BEGIN SELECT RAISE(ABORT, '${tooOld}'); END;
  CREATE TRIGGER standing_left BEFORE DELETE ON segment
    WHEN EXISTS (SELECT 1 FROM standing WHERE collection = OLD.collection AND first = OLD.first)
    BEGIN SELECT RAISE(ABORT, '${tooOld}'); END;
  `,
]

/** Marks a file as ours among SQLite's databases: `StxT`. */
export const applicationId = 0x53747854
