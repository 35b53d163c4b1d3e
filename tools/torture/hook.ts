/**
 * Loaded by Node before the built program (`node --require`): counts the calls of a command that can fail, or fails one of
 * them once. The program itself knows nothing of it.
 */
import { syncBuiltinESMExports } from 'node:module'
import { planVariable, type Plan } from './plan.ts'
import { newStrikes } from './strike.ts'
import { wrapDatabase } from './wrap-database.ts'
import { wrapFiles } from './wrap-files.ts'
import { wrapNetwork } from './wrap-network.ts'
import { standInKeyring, wrapClock, wrapPrograms, wrapRandom } from './wrap-others.ts'

const text = process.env[planVariable]
if (text !== undefined) {
  const plan = JSON.parse(text) as Plan
  const program = process.argv[1] as string
  const strikes = newStrikes(plan)
  wrapDatabase(strikes, program)
  if (plan.keyring !== undefined) standInKeyring(strikes, plan.keyring, program)
  wrapFiles(strikes)
  wrapNetwork(strikes)
  wrapPrograms(strikes)
  wrapRandom(strikes)
  wrapClock(strikes)
  syncBuiltinESMExports()
}
