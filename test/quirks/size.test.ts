import { declareRows } from './declare.ts'
import { sizeRows } from './rows/size.ts'

declareRows(sizeRows)
