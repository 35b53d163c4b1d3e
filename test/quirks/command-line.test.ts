import { declareRows } from './declare.ts'
import { commandLineRows } from './rows/command-line.ts'

declareRows(commandLineRows)
