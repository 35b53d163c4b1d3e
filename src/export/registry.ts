import type { IndicatorFormat } from './format.ts'
import { csv } from './formats/csv.ts'
import { ecs } from './formats/ecs.ts'
import { ipset } from './formats/ipset.ts'
import { list } from './formats/list.ts'
import { logpointCsv } from './formats/logpoint-csv.ts'
import { logpointList } from './formats/logpoint-list.ts'
import { misp } from './formats/misp.ts'
import { nftables } from './formats/nftables.ts'
import { rpz } from './formats/rpz.ts'
import { splunk } from './formats/splunk.ts'
import { suricata } from './formats/suricata.ts'
import { zeek } from './formats/zeek.ts'

/** Every format that indicators are written in, in the order in which help lists them. */
export const indicatorFormats: readonly IndicatorFormat[] = [
  csv,
  list,
  logpointCsv,
  logpointList,
  zeek,
  suricata,
  rpz,
  nftables,
  ipset,
  ecs,
  misp,
  splunk,
]
