import { accessRows } from './rows/access.ts'
import { commandLineRows } from './rows/command-line.ts'
import { pagingRows } from './rows/paging.ts'
import { sizeRows } from './rows/size.ts'
import { timeRows } from './rows/time.ts'
import { urlRows } from './rows/urls.ts'
import { versionRows } from './rows/versions.ts'
import type { Row } from './row.ts'

/** Every row of the list, in its order. */
export const rows: readonly Row[] = [
  ...versionRows,
  ...urlRows,
  ...pagingRows,
  ...timeRows,
  ...accessRows,
  ...commandLineRows,
  ...sizeRows,
].sort((a, b) => a.number - b.number)
