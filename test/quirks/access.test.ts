import { declareRows } from './declare.ts'
import { accessRows } from './rows/access.ts'

declareRows(accessRows)
