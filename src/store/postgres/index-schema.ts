/**
 * The tables of the index of values: SQLite's (`../sqlite/schema.ts`), with what PostgreSQL wants otherwise.
 *
 * - An entry of its indexes has room for 2,704 bytes, so values longer than `longestInKey` are in `stated_long`, found by
 *   their digest. Those are few; `knownValues` merges both.
 * - `trait` belongs to a collection, as whoever adds to a collection has it for itself: two commits never wait for one
 *   another over a trait.
 * - `relation` counts the relations of an item (`place`) instead of having all of them in its key.
 */
export const indexSchema = `
  CREATE TABLE stated (
    kind smallint NOT NULL,
    value bytea NOT NULL,
    collection integer NOT NULL,
    added bigint NOT NULL,
    place integer NOT NULL,
    marks smallint NOT NULL,
    original bytea,
    PRIMARY KEY (kind, value, collection, added, place)
  );
  CREATE TABLE stated_long (
    kind smallint NOT NULL,
    digest bytea NOT NULL,
    value bytea NOT NULL,
    collection integer NOT NULL,
    added bigint NOT NULL,
    place integer NOT NULL,
    marks smallint NOT NULL,
    original bytea,
    PRIMARY KEY (kind, digest, collection, added, place)
  );
  CREATE INDEX stated_long_order ON stated_long (kind, substring(value FROM 1 FOR 2000));
  CREATE TABLE statement (
    collection integer NOT NULL,
    added bigint NOT NULL,
    place integer NOT NULL,
    item bytea NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (collection, added, place)
  );
  CREATE TABLE trait (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection integer NOT NULL,
    digest bytea NOT NULL,
    body bytea NOT NULL,
    UNIQUE (collection, digest)
  );
  CREATE TABLE relation (
    origin bytea NOT NULL,
    collection integer NOT NULL,
    added bigint NOT NULL,
    place integer NOT NULL,
    target bytea NOT NULL,
    type bytea NOT NULL,
    item bytea NOT NULL,
    PRIMARY KEY (origin, collection, added, place)
  );
  CREATE TABLE named (
    id bytea NOT NULL,
    collection integer NOT NULL,
    added bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (id, collection, added)
  );
  CREATE TABLE revoked (
    id bytea NOT NULL,
    collection integer NOT NULL,
    PRIMARY KEY (id, collection)
  );
  CREATE TABLE unread (
    collection integer PRIMARY KEY,
    after bigint NOT NULL,
    until bigint NOT NULL
  );
  CREATE TABLE reading (
    one integer PRIMARY KEY CHECK (one = 1),
    reader integer NOT NULL
  );
  INSERT INTO reading (one, reader) VALUES (1, 0);
`

/** Bytes of a value that is found by itself; a longer one is found by its digest. */
export const longestInKey = 2000
