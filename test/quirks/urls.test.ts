import { declareRows } from './declare.ts'
import { urlRows } from './rows/urls.ts'

declareRows(urlRows)
