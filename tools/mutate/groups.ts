/** Files whose mutants are to be killed, and the tests that are to do it: those of these files, which are quick. */
export interface MutationPart {
  /** Globs below the project. */
  readonly files: readonly string[]
  readonly tests: readonly string[]
  /** A mutant that so many tests did not notice in the first pass is left to the second; 40 where it is not said. */
  readonly testsEach?: number | undefined
}

/** Parts that are measured as one. */
export interface MutationGroup {
  readonly name: string
  /** As the page names it. */
  readonly title: string
  readonly parts: readonly MutationPart[]
}

/** The least score of each group, in percent. */
export const leastScore = 80

const secrets: readonly MutationPart[] = [
  { files: ['src/core/{secret,known-secrets,redact}.ts'], tests: ['test/core/secret.test.ts'] },
  {
    files: ['src/profile/credentials/{seal,sealed}.ts'],
    tests: ['test/profile/credentials/sealed.test.ts', 'test/profile/credentials/seal.test.ts'],
  },
  // The keyring's own tests run in a process apart, with a real session bus (test/slow/keyring.test.ts): out of Stryker's sight.
  {
    files: ['src/profile/credentials/{credentials,helper,file}.ts'],
    tests: ['test/profile/credentials/{credentials,file,helper}.test.ts'],
  },
  { files: ['src/http/redactor.ts'], tests: ['test/http/{redactor,trace}.test.ts'] },
  { files: ['src/http/{access,redirect}.ts'], tests: ['test/http/{access-rules,redirect,access,origin}.test.ts'] },
  { files: ['src/http/login.ts'], tests: ['test/http/{login-answers,login}.test.ts'] },
]

const paths: readonly MutationPart[] = [
  { files: ['src/director/paths.ts'], tests: ['test/director/paths.test.ts'] },
  { files: ['src/output/name.ts'], tests: ['test/output/name.test.ts'] },
  { files: ['src/http/{route,proxy-bypass}.ts'], tests: ['test/http/{connect,proxy}.test.ts'] },
  { files: ['src/taxii/addresses.ts'], tests: ['test/taxii/addresses.test.ts'] },
  { files: ['src/taxii/v2/query.ts'], tests: ['test/taxii/v2/query.test.ts'] },
]

const orders: readonly MutationPart[] = [
  { files: ['src/director/{orders,wait-for-order}.ts'], tests: ['test/director/{orders,wait-for-order}.test.ts'] },
  { files: ['src/director/failure.ts'], tests: ['test/director/failure.test.ts'] },
  { files: ['src/director/read-status.ts'], tests: ['test/director/wire.test.ts'] },
]

const cursor: readonly MutationPart[] = [
  { files: ['src/fetch/window.ts'], tests: ['test/fetch/window.test.ts'] },
  { files: ['src/fetch/checkpoints.ts'], tests: ['test/fetch/checkpoints.test.ts'] },
  {
    files: [
      'src/fetch/{engine,receive,read-collection,fetch-collection,batches,read-ahead,counts,outcome,fetch-error}.ts',
    ],
    tests: ['test/fetch/{outcome,batches,engine,blocks}.test.ts'],
  },
]

const pagers: readonly MutationPart[] = [
  {
    files: ['src/taxii/v2/{guards,ranges,stamps,until}.ts'],
    tests: ['test/taxii/v2/{dates,loops,ranges,stamps,until,guards}.test.ts'],
    testsEach: 100,
  },
  {
    files: ['src/taxii/v2/{poll-next,first-page}.ts'],
    tests: ['test/taxii/v2/{by-date,first-page,damaged-values,loops,dates,poll,read-ahead}.test.ts'],
    testsEach: 100,
  },
  {
    files: ['src/taxii/v1/{poll-window,poll-guard,poll-count,poll-stream,poll-target}.ts'],
    tests: ['test/taxii/v1/{poll,windows,exactness,discovery,slabs,targets,positions}.test.ts'],
    testsEach: 100,
  },
  {
    files: ['src/taxii/v2/{poll-ranges,habits}.ts'],
    tests: ['test/taxii/v2/{ranges,conformance-20,damaged-values,first-page}.test.ts'],
    testsEach: 100,
  },
]

// What the store's files hold, damaged or not.
const whatIsRead =
  '{readable-segments,listings,segment-cache,snapshots,page-items,latest,segments,verify,verify-index,verify-latest}'

const store: readonly MutationPart[] = [
  {
    files: ['src/store/{copy,copy-mark,spooled-part,store-piece,piece-sum}.ts'],
    tests: ['test/store/{piece-sum,copy}.test.ts'],
    testsEach: 100,
  },
  {
    files: [
      'src/store/{compare,index-reading,known-rows,known-value,page-match,page-query,place,record-change,superseded}.ts',
      'src/store/{records,resolve-statements,row-text,run-record,statement-body,store-errors,tally,value-key}.ts',
      'src/store/memory/*.ts',
    ],
    tests: [
      'test/store/{memory,index-reading,copy,value-key,row-text}.test.ts',
      'test/store/sqlite/{driver,keys,damage}.test.ts',
    ],
    testsEach: 300,
  },
  {
    files: [`src/store/sqlite/${whatIsRead}.ts`],
    tests: [
      'test/store/sqlite/{verify,readable-segments,segment-cache,snapshots,page-items,later-key,latest,driver}.test.ts',
    ],
    testsEach: 300,
  },
  {
    files: ['src/store/sqlite/*.ts', `!src/store/sqlite/${whatIsRead}.ts`],
    tests: [
      'test/store/sqlite/{driver,keys,damage,failures,open,full-runs,latest,readable-segments,file-system}.test.ts',
      'test/store/sqlite/{copy,prune,traits,binding}.test.ts',
      'test/store/{copy,reindex,pages-model}.test.ts',
    ],
    testsEach: 300,
  },
]

/** What of the program must not be wrong: what is asked next, what is kept, what is shown, what is sent where. */
export const mutationGroups: readonly MutationGroup[] = [
  { name: 'cursor', title: 'Cursor: fetch', parts: cursor },
  { name: 'pagers', title: 'Cursor: TAXII', parts: pagers },
  { name: 'store', title: 'Store', parts: store },
  { name: 'secrets', title: 'Secrets', parts: secrets },
  { name: 'orders', title: 'Order verdicts', parts: orders },
  { name: 'paths', title: 'Path builder', parts: paths },
]
