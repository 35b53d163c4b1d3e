import { declareRows } from './declare.ts'
import { timeRows } from './rows/time.ts'

declareRows(timeRows)
