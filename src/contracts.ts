/**
 * What persistences and authentications of your own promise, as checks: `import { ... } from 'stixtaxii/contracts'`.
 *
 * Each function takes one that opens yours, empty, and gives a list of `{ name, run }`; `run` throws where the promise is
 * not kept. Any test runner will do: `for (const { name, run } of checks) test(name, run)`.
 */
export { taxii1PersistenceChecks } from './serve/contracts/taxii1-checks.ts'
export { taxii2PersistenceChecks } from './serve/contracts/taxii2-checks.ts'
export { authenticationChecks } from './serve/contracts/authentication-checks.ts'
export type { ContractCheck } from './serve/contracts/check.ts'
