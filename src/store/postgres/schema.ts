import { indexSchema } from './index-schema.ts'
import { standingOfVersions } from './standing.ts'

/**
 * The tables. Each migration is what one version of the schema adds to the one before; its number is its place, counted
 * from 1, and is never changed once released. Text from outside is `bytea`: any text can be kept, whatever the database's
 * encoding, and it is compared by its bytes.
 *
 * - `store` has one row: that this schema is ours, and its version.
 * - `version` has one row for each stored version, in the order of `added`, the microseconds of `addedAt`. `id` and
 *   `version` are coded by `keys.ts`, `moment` is the instant of the version as `timestampKey` writes it (empty where it is
 *   none), `digest` the first half of the SHA-256 of the raw bytes. `type` is null for blocks, `binding` for objects; `rest`
 *   is JSON of what else the item has.
 * - `standing` has the versions that no later one of the same id and spec version supersedes; `decided` are those for which
 *   the id has no other such.
 * - `page` has the pages that brought something: a version came with the page of its collection whose `first` is the
 *   greatest that is not above its `added`.
 * - `seen` has what a run that reads everything has received so far, `vanished` the ids that the last such run missed.
 * - `source_lock` is locked by row by who fetches a source; `source_holder` says who that is. `fence` rises with each
 *   holder.
 * - `settled` has the tokens of recent transactions, for who lost the connection during COMMIT, and the schema they knew:
 *   none is refused, as programs of before schema 2, which may have the store open since then, do not keep `standing`.
 * - `long_key` has the texts of keys that do not fit into an index.
 * - `checksum` is over what no other check covers: `checksumOf`.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE source (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id bytea NOT NULL UNIQUE,
    name bytea NOT NULL,
    checksum bytea NOT NULL
  );
  CREATE TABLE collection (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source integer NOT NULL REFERENCES source (number),
    digest bytea NOT NULL UNIQUE,
    root bytea NOT NULL,
    collection bytea NOT NULL,
    title bytea,
    version bytea NOT NULL,
    ids bigint NOT NULL DEFAULT 0,
    versions bigint NOT NULL DEFAULT 0,
    blocks bigint NOT NULL DEFAULT 0,
    statements bigint NOT NULL DEFAULT 0,
    unusable bigint NOT NULL DEFAULT 0,
    last_added bigint NOT NULL DEFAULT 0,
    checksum bytea NOT NULL
  ) WITH (fillfactor = 50);
  CREATE TABLE version (
    collection integer NOT NULL,
    added bigint NOT NULL,
    id bytea NOT NULL,
    version bytea NOT NULL,
    moment bytea NOT NULL,
    digest bytea NOT NULL,
    type bytea,
    binding bytea,
    subtype bytea,
    spec smallint NOT NULL,
    revoked boolean NOT NULL,
    rest bytea,
    raw bytea NOT NULL,
    PRIMARY KEY (collection, added)
  );
  CREATE UNIQUE INDEX version_key ON version (id, collection, version);
  CREATE INDEX version_type ON version (collection, type, added);
  CREATE TABLE run (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id bytea NOT NULL UNIQUE,
    collection integer NOT NULL REFERENCES collection (number),
    record bytea NOT NULL,
    finish bytea,
    pages bigint NOT NULL DEFAULT 0,
    received bigint NOT NULL DEFAULT 0,
    new bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    conflicts bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    revoked bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 80);
  CREATE INDEX run_order ON run (collection, number);
  CREATE TABLE page (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection integer NOT NULL REFERENCES collection (number),
    run bigint NOT NULL REFERENCES run (number),
    first bigint NOT NULL,
    record bytea NOT NULL,
    checksum bytea NOT NULL
  );
  CREATE INDEX page_order ON page (collection, first);
  CREATE TABLE checkpoint (
    collection integer PRIMARY KEY REFERENCES collection (number),
    last_added bigint NOT NULL,
    record bytea NOT NULL,
    checksum bytea NOT NULL
  ) WITH (fillfactor = 50);
  CREATE TABLE quarantine (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection integer NOT NULL REFERENCES collection (number),
    run bigint NOT NULL REFERENCES run (number),
    digest bytea NOT NULL,
    record bytea NOT NULL,
    raw bytea NOT NULL,
    checksum bytea NOT NULL,
    UNIQUE (collection, digest)
  );
  CREATE TABLE conflict (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection integer NOT NULL REFERENCES collection (number),
    digest bytea NOT NULL,
    record bytea NOT NULL,
    kept bytea NOT NULL,
    other bytea NOT NULL,
    checksum bytea NOT NULL,
    UNIQUE (collection, digest)
  );
  CREATE TABLE seen (
    run bigint NOT NULL REFERENCES run (number),
    id bytea NOT NULL,
    PRIMARY KEY (run, id)
  );
  CREATE TABLE vanished (
    collection integer NOT NULL REFERENCES collection (number),
    id bytea NOT NULL,
    PRIMARY KEY (collection, id)
  );
  CREATE TABLE record (
    kind bytea NOT NULL,
    id bytea NOT NULL,
    owner bytea,
    body bytea NOT NULL,
    revision bigint NOT NULL,
    expires bigint,
    checksum bytea NOT NULL,
    PRIMARY KEY (kind, id)
  );
  CREATE INDEX record_owner ON record (kind, owner, id);
  CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL;
  CREATE TABLE source_lock (
    source bytea PRIMARY KEY
  );
  CREATE TABLE source_holder (
    source bytea PRIMARY KEY,
    fence bigint NOT NULL,
    pid bigint NOT NULL,
    host bytea NOT NULL,
    since bytea NOT NULL
  );
  CREATE TABLE settled (
    token bytea PRIMARY KEY,
    at bigint NOT NULL
  );
  CREATE INDEX settled_at ON settled (at);
  CREATE TABLE long_key (
    key bytea PRIMARY KEY,
    text bytea NOT NULL
  );
  ${indexSchema}
  `,
  `
  LOCK TABLE version IN SHARE MODE;
  CREATE TABLE standing (
    collection integer NOT NULL,
    added bigint NOT NULL,
    type bytea,
    decided boolean NOT NULL,
    PRIMARY KEY (collection, added)
  );
  INSERT INTO standing (collection, added, type, decided) ${standingOfVersions};
  CREATE INDEX standing_type ON standing (collection, type, added);
  ALTER TABLE settled ADD COLUMN schema integer;
  ALTER TABLE settled ADD CONSTRAINT upgraded_by_a_newer_stixtaxii CHECK (schema IS NOT NULL) NOT VALID;
  `,
]
