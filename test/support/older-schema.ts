import { connect, type Binding } from '../../src/store/sqlite/binding.ts'

const dropTriggers = 'DROP TRIGGER standing_first; DROP TRIGGER standing_kept; DROP TRIGGER standing_left;'

/** Takes out of a store what releases before schema 3 did not note: what is in a segment, and the spec version of a version; so nobody knows what is superseded. */
export function forgetContents(binding: Binding, file: string): void {
  const connection = connect(binding, file)
  connection.exec(`UPDATE segment SET contents = NULL; UPDATE version SET spec = NULL; UPDATE sibling SET latest = NULL;
    DELETE FROM standing; INSERT INTO standing SELECT collection, first, items FROM segment`)
  connection.close()
}

/** Makes a store of today one of schema 3. */
export function backToSchema3(binding: Binding, file: string): void {
  const connection = connect(binding, file)
  connection.exec(`${dropTriggers} DROP INDEX sibling_undecided; ALTER TABLE sibling DROP COLUMN latest; DROP TABLE standing;
    PRAGMA user_version = 3`)
  connection.close()
}

/** Makes a store of today one of schema 2. */
export function backToSchema2(binding: Binding, file: string): void {
  const connection = connect(binding, file)
  connection.exec(`${dropTriggers} DROP INDEX segment_look; ALTER TABLE segment DROP COLUMN contents; ALTER TABLE version DROP COLUMN spec;
    DROP TABLE sibling; DROP TABLE standing; DROP TABLE contents; DROP TABLE record; PRAGMA user_version = 2`)
  connection.close()
}
