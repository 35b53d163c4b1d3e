/** What is done to a store behind its back, and all that verify then says of it; A, B and X are the items of test/store/sqlite/verify.test.ts. */
export const storeDamages: readonly (readonly [what: string, sql: string, problems: readonly string[]])[] = [
  ['a source renamed', `UPDATE source SET name = 'acmf'`, ['the source p-1 was altered']],
  ['a collection renamed', `UPDATE collection SET collection = 'c3'`, ['the collection c3 was altered']],
  [
    'a collection of no source',
    'PRAGMA foreign_keys = OFF; UPDATE collection SET source = 9',
    ['the collection c1 was altered', 'a row of collection belongs to no source'],
  ],
  [
    'a version lost',
    'DELETE FROM version WHERE added = (SELECT min(added) FROM version)',
    [
      'acme c1: A 2026-01-01T00:00:00.000Z has bytes but is not listed',
      'acme c1: versions with bytes: 4, not 3',
      'acme c1: versions counted: 4, not 3',
      'acme c1: 0 of 0 versions with siblings are noted, in 2 notes',
    ],
  ],
  [
    'a version moved',
    'UPDATE version SET added = added + 1000 WHERE added = (SELECT max(added) FROM version)',
    ['acme c1: X VERSION is listed with another time of adding', 'acme c1: a version is newer than the collection'],
  ],
  [
    'a digest altered',
    'UPDATE version SET digest = zeroblob(16) WHERE added = (SELECT max(added) FROM version)',
    ['acme c1: X VERSION has other bytes than were stored'],
  ],
  [
    'a segment lost',
    'DROP TRIGGER standing_left; DELETE FROM segment',
    [
      'acme c1: versions with bytes: 0, not 4',
      'acme c1: blocks counted: 1, not 0',
      'acme c1: the index has 1 rows in stated, not 0',
      'acme c1: the index has 1 rows in statement, not 0',
      'acme c1: the index has 1 rows in relation, not 0',
      'acme c1: the index has 1 rows in named, not 0',
      'acme c1: counts {"statements":1,"unusable":0}, not {"statements":0,"unusable":0}',
      '2 counts of versions in a segment that are not superseded are wrong',
    ],
  ],
  [
    'a page altered',
    `UPDATE page SET record = replace(record, 'taxii', 'taxij')`,
    ['acme c1: the record of page 1 was altered', 'acme c1: the record of page 2 was altered'],
  ],
  [
    'a checkpoint altered',
    `UPDATE checkpoint SET record = replace(record, '2026', '2027')`,
    ['acme c1: The store FILE is damaged: the checkpoint of acme c1 was altered'],
  ],
  [
    'a checkpoint ahead of the data',
    'UPDATE collection SET last_added = last_added - 1',
    ['acme c1: a version is newer than the collection', 'acme c1: the checkpoint is ahead of the data'],
  ],
  ['quarantine altered', `UPDATE quarantine SET raw = CAST('x' AS BLOB)`, ['acme c1: quarantine entry 1 was altered']],
  ['a conflict altered', `UPDATE conflict SET other = CAST('x' AS BLOB)`, ['acme c1: conflict 1 was altered']],
  ['a run altered', `UPDATE run SET record = 'x'`, ['run 1 was altered', 'run 2 was altered']],
  ['counts altered', 'UPDATE collection SET blocks = 7', ['acme c1: blocks counted: 7, not 1']],
  [
    'statements miscounted',
    'UPDATE collection SET statements = 7',
    ['acme c1: counts {"statements":7,"unusable":0}, not {"statements":1,"unusable":0}'],
  ],
  [
    'a value altered',
    `UPDATE stated SET value = CAST('good.example' AS BLOB)`,
    ['acme c1: A has other values in the index than it states'],
  ],
  [
    'a value lost',
    'DELETE FROM stated',
    ['acme c1: A has other values in the index than it states', 'acme c1: the index has 0 rows in stated, not 1'],
  ],
  [
    'a value too many',
    `INSERT INTO stated SELECT kind, CAST('x' AS BLOB), collection, added, place, 1, NULL FROM stated`,
    ['acme c1: the index has 2 rows in stated, not 1'],
  ],
  [
    'a hint made sound',
    'UPDATE stated SET marks = 1 - marks',
    ['acme c1: A has other values in the index than it states'],
  ],
  [
    'a spelling altered',
    `UPDATE stated SET original = CAST('x' AS BLOB)`,
    ['acme c1: A has other values in the index than it states'],
  ],
  [
    'a statement altered',
    `UPDATE statement SET body = CAST(replace(body, '55', '95') AS BLOB)`,
    ['acme c1: A has other statements in the index than it makes'],
  ],
  [
    'a statement lost',
    'DELETE FROM statement',
    ['acme c1: A has 0 statements in the index, not 1', 'acme c1: the index has 0 rows in statement, not 1'],
  ],
  [
    'a statement moved',
    'UPDATE statement SET place = 1',
    ['acme c1: A has other statements in the index than it makes'],
  ],
  [
    'a relation lost',
    'DELETE FROM relation',
    ['acme c1: B has a relation that is not in the index', 'acme c1: the index has 0 rows in relation, not 1'],
  ],
  [
    'a relation altered',
    `UPDATE relation SET target = CAST('x' AS BLOB)`,
    ['acme c1: B has a relation that is not in the index'],
  ],
  [
    'a name altered',
    `UPDATE named SET body = CAST('["malware","x"]' AS BLOB)`,
    ['acme c1: B has a name that is not in the index'],
  ],
  [
    'a name lost',
    'DELETE FROM named',
    ['acme c1: B has a name that is not in the index', 'acme c1: the index has 0 rows in named, not 1'],
  ],
  ['a revocation lost', 'DELETE FROM revoked', ['acme c1: A is revoked and the index does not know']],
  [
    'a spec version altered',
    'UPDATE version SET spec = 1 - spec',
    [
      'acme c1: A 2026-01-01T00:00:00.000Z is listed with another spec version',
      'acme c1: A 2026-02-01T00:00:00.000Z is listed with another spec version',
      'acme c1: B 2026-01-01T00:00:00.000Z is listed with another spec version',
    ],
  ],
  [
    'contents altered',
    `UPDATE contents SET body = CAST(replace(body, '2.1', '2.0') AS BLOB)`,
    ['acme c1, segment 1767323045000000: has other types than are noted'],
  ],
  [
    'contents of another segment',
    'PRAGMA foreign_keys = OFF; UPDATE segment SET contents = contents + 1',
    [
      'a row of segment belongs to no contents',
      'acme c1, segment 1767323045000000: has other types than are noted',
      'acme c1, segment 1767323045000003: has other types than are noted',
    ],
  ],
  [
    'a sibling lost',
    'DELETE FROM sibling WHERE added = (SELECT max(added) FROM sibling)',
    ['acme c1: 1 of 2 versions with siblings are noted, in 1 notes'],
  ],
  [
    'a sibling invented',
    'INSERT INTO sibling SELECT collection, added + 1000, id, latest FROM sibling',
    [
      'acme c1: 2 of 2 versions with siblings are noted, in 4 notes',
      '1 counts of versions in a segment that are not superseded are wrong',
    ],
  ],
  [
    'a version noted as superseded',
    'UPDATE sibling SET latest = 0',
    [
      'of 1 versions it is noted wrongly whether a later one is here',
      '2 counts of versions in a segment that are not superseded are wrong',
    ],
  ],
  [
    'a superseded version noted as the last one',
    'UPDATE sibling SET latest = 1',
    [
      'of 1 versions it is noted wrongly whether a later one is here',
      '2 counts of versions in a segment that are not superseded are wrong',
    ],
  ],
  [
    'a note lost',
    'UPDATE sibling SET latest = NULL WHERE latest = 0',
    ['2 counts of versions in a segment that are not superseded are wrong'],
  ],
  [
    'a segment that is passed over',
    'DELETE FROM standing',
    ['2 counts of versions in a segment that are not superseded are wrong'],
  ],
  [
    'a segment miscounted',
    'UPDATE standing SET items = items + 1',
    ['4 counts of versions in a segment that are not superseded are wrong'],
  ],
  ['a record altered', `UPDATE record SET body = CAST('[2]' AS BLOB)`, ['the job "j" was altered']],
  ['a record given to someone else', `UPDATE record SET owner = CAST('b' AS BLOB)`, ['the job "j" was altered']],
  ['a record that lives longer', 'UPDATE record SET expires = NULL', ['the job "j" was altered']],
  [
    'a revocation invented',
    `INSERT INTO revoked SELECT CAST('x' AS BLOB), number FROM collection`,
    ['1 marks of revoked ids that are not here'],
  ],
  [
    'a vanishing invented',
    `INSERT INTO vanished SELECT number, CAST('x' AS BLOB) FROM collection`,
    ['1 marks of vanished ids that are not here'],
  ],
  ['an end of a run altered', `UPDATE run SET finish = '7'`, ['run 1 was altered', 'run 2 was altered']],
  [
    'a page of another run',
    'UPDATE page SET first = first + 1',
    ['acme c1: the record of page 1 was altered', 'acme c1: the record of page 2 was altered'],
  ],
  ['ids miscounted', 'UPDATE collection SET ids = 7', ['acme c1: ids counted: 7, not 3']],
  ['versions miscounted', 'UPDATE collection SET versions = 7', ['acme c1: versions counted: 7, not 4']],
  ['a trait lost', 'DELETE FROM trait', []],
  [
    'a statement of no collection',
    'UPDATE statement SET collection = 9; UPDATE stated SET collection = 9',
    [
      'acme c1: A has 0 statements in the index, not 1',
      'acme c1: A has other values in the index than it states',
      'acme c1: the index has 0 rows in stated, not 1',
      'acme c1: the index has 0 rows in statement, not 1',
      '1 statements of no collection',
      '1 values of no collection',
    ],
  ],
  [
    'a relation of another item',
    `UPDATE relation SET item = CAST('x' AS BLOB)`,
    ['acme c1: B has a relation that is not in the index'],
  ],
  [
    'unusable miscounted',
    'UPDATE collection SET unusable = 7',
    ['acme c1: counts {"statements":1,"unusable":7}, not {"statements":1,"unusable":0}'],
  ],
  [
    'a checkpoint ahead of its collection',
    'UPDATE checkpoint SET last_added = last_added + 1',
    ['acme c1: The store FILE is damaged: the checkpoint of acme c1 was altered'],
  ],
  [
    'a segment of no collection',
    'DROP TRIGGER standing_first; INSERT INTO segment (collection, first, items, types, data) SELECT 9, first, items, types, data FROM segment WHERE number = 2',
    ['1 segments of no collection', '1 counts of versions in a segment that are not superseded are wrong'],
  ],
  [
    'items miscounted',
    'DROP TRIGGER standing_kept; UPDATE segment SET items = 7 WHERE number = 2',
    [
      'acme c1, segment 1767323045000003: 1 items, not 7',
      '2 counts of versions in a segment that are not superseded are wrong',
    ],
  ],
]
