import { declareRows } from './declare.ts'
import { pagingRows } from './rows/paging.ts'

declareRows(pagingRows)
