import type { ValueKind } from '../../statement.ts'
import { childOf, childrenOf, textOf, type Element } from '../elements.ts'
import { allOf, type Expression, type Test } from '../expression.ts'
import { listOf, readField } from '../fields.ts'
import { ignored, type FieldReader, type FieldReading, type ObjectKind } from './object-kind.ts'

const field =
  (path: string | undefined, kind?: ValueKind, type?: Test['type']): FieldReader =>
  (element, reading) =>
    readField(element, { path, kind, type }, reading)

const keyField = field('windows-registry-key:key', 'registry-key')

/** Hive and key are one name; the values of a key have to be there besides. */
const registryKey: FieldReader = (properties, reading) => {
  const isPart = (child: Element) => child.local === 'Hive' || child.local === 'Key'
  const others = properties.children.filter((child) => !isPart(child))
  const rest = reading.readChildren({ ...properties, children: others })
  return allOf([keyOf(properties, reading), rest])
}

function keyOf(properties: Element, reading: FieldReading): Expression | undefined {
  const [hive, key] = [childOf(properties, 'Hive'), childOf(properties, 'Key')]
  const hiveText = textOf(hive)
  if (!hive || hiveText === undefined) return key && keyField(key, reading)
  if (!key || textOf(key) === undefined) return keyField(hive, reading)
  const read = keyField(key, reading)
  // A list of keys, or a part of a key, is not continued by its hive.
  const isWhole = read?.is === 'test' && (read.operator === 'equals' || read.operator === 'starts-with')
  if (!isWhole || listOf(hive, reading).length > 1) return allOf([read, { is: 'unknown', what: 'Hive' }])
  const name = read.text.replace(/^\\+/, '')
  return startsWith(name, hiveText) ? read : { ...read, text: `${hiveText.replace(/\\+$/, '')}\\${name}` }
}

function startsWith(key: string, hive: string): boolean {
  return key.toLowerCase().startsWith(`${hive.toLowerCase()}\\`)
}

/** Handles are of many kinds; one that is called a mutant or mutex is a mutex. */
const handle: FieldReader = (element, reading) => {
  const type = textOf(childOf(element, 'Type'))
  const names = allOf(childrenOf(element, 'Name').map((name) => field('mutex:name', 'mutex')(name, reading)))
  const isMutex = type !== undefined && /^mut(?:ex|ant)$/i.test(type)
  return isMutex ? names : allOf([names, { is: 'unknown', what: `Handle ${type?.slice(0, 40) ?? ''}`.trim() }])
}

const service = "process:extensions.'windows-service-ext'"

/** @see CybOX 2.1, Win_Registry_Key, Mutex, Process, Win_Service and X509_Certificate objects (SX1-11) */
export const hosts: ObjectKind = {
  objects: { winregistrykey: registryKey },
  fields: {
    'object/winregistrykey:Name': field('windows-registry-key:values[*].name'),
    'object/winregistrykey:Data': field('windows-registry-key:values[*].data'),
    'object/winregistrykey:Datatype': field('windows-registry-key:values[*].data_type'),
    'object/mutex:Name': field('mutex:name', 'mutex'),
    'object/mutex:Owning_Thread': ignored,
    'object/winhandle:Handle': handle,
    'object/process:Name': field('process:image_ref.name', 'process'),
    'object/process:PID': field('process:pid', undefined, 'integer'),
    'object/process:Command_Line': field('process:command_line'),
    'object/process:Path': field('process:image_ref.parent_directory_ref.path', 'file-path'),
    'object/process:File_Name': field('process:image_ref.name', 'file-name'),
    'object/process:Creation_Time': field('process:created_time', undefined, 'timestamp'),
    'object/winservice:Service_Name': field(`${service}.service_name`),
    'object/winservice:Display_Name': field(`${service}.display_name`),
    'object/winservice:Group_Name': field(`${service}.group_name`),
    'object/winservice:Service_DLL': field(`${service}.service_dll_refs[*].name`, 'file-path'),
    'object/x509certificate:Serial_Number': field('x509-certificate:serial_number', 'certificate-serial'),
    'object/x509certificate:Issuer': field('x509-certificate:issuer'),
    'object/x509certificate:Subject': field('x509-certificate:subject'),
    'object/x509certificate:Version': field('x509-certificate:version'),
    'object/x509certificate:Signature_Algorithm': field('x509-certificate:signature_algorithm'),
    'object/x509certificate:Not_Before': field('x509-certificate:validity_not_before', undefined, 'timestamp'),
    'object/x509certificate:Not_After': field('x509-certificate:validity_not_after', undefined, 'timestamp'),
    'object/useraccount:Username': field('user-account:account_login'),
    'object/useraccount:User_ID': field('user-account:user_id'),
  },
}
