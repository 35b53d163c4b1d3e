import type { FuzzTarget } from './target.ts'
import { address } from './targets/addresses.ts'
import { director, path } from './targets/director.ts'
import {
  aliases,
  desiredState,
  exchange,
  profileFile,
  serveConfiguration,
  serverData,
  valueLists,
} from './targets/documents.ts'
import { answerHeaders, requestHeaders, sentHeaders } from './targets/headers.ts'
import { envelope, object } from './targets/json.ts'
import { log } from './targets/logs.ts'
import { exported, output } from './targets/outputs.ts'
import { pattern, value } from './targets/patterns.ts'
import { cursor, posted, server } from './targets/server.ts'
import { duration, timestamp } from './targets/times.ts'
import { stix1, taxii1 } from './targets/xml.ts'

/** Every target, the slow ones first, so that no thread is left alone with one at the end. */
export const fuzzTargets: readonly FuzzTarget[] = [
  log,
  server,
  stix1,
  taxii1,
  output,
  exported,
  envelope,
  object,
  pattern,
  value,
  desiredState,
  serveConfiguration,
  serverData,
  profileFile,
  exchange,
  aliases,
  valueLists,
  answerHeaders,
  requestHeaders,
  sentHeaders,
  address,
  timestamp,
  duration,
  posted,
  cursor,
  director,
  path,
]
