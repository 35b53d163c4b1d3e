import { declareRows } from './declare.ts'
import { versionRows } from './rows/versions.ts'

declareRows(versionRows)
