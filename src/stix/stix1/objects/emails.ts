import { attributeOf, childrenOf, type Element } from '../elements.ts'
import { allOf, type Expression } from '../expression.ts'
import { readField, type Field } from '../fields.ts'
import { addressField, innerValue } from './addresses.ts'
import type { FieldReader, ObjectKind } from './object-kind.ts'

const mailbox = (path: string): FieldReader =>
  innerValue('Address_Value', (text) => ({ ...addressField('e-mail', text), path }))

const recipients =
  (path: string): FieldReader =>
  (element, reading) =>
    allOf(childrenOf(element, 'Recipient').map((recipient) => mailbox(path)(recipient, reading)))

const field =
  (found: Field): FieldReader =>
  (element, reading) =>
    readField(element, found, reading)

/** Attachments and links stand elsewhere and are named by `object_reference`. */
const references =
  (local: string, under: string | undefined): FieldReader =>
  (element) =>
    allOf(childrenOf(element, local).map((child) => reference(child, under)))

function reference(element: Element, under: string | undefined): Expression | undefined {
  const id = attributeOf(element, 'object_reference')
  return id === undefined ? undefined : { is: 'reference', to: 'object', id, under }
}

const header = (name: string) => `email-message:additional_header_fields.'${name}'`

/** @see CybOX 2.1, Email_Message_Object.xsd (SX1-10) */
export const emails: ObjectKind = {
  fields: {
    'object/emailmessage:From': mailbox('email-message:from_ref.value'),
    'object/emailmessage:Sender': mailbox('email-message:sender_ref.value'),
    'object/emailmessage:Reply_To': mailbox(header('Reply-To')),
    'object/emailmessage:To': recipients('email-message:to_refs[*].value'),
    'object/emailmessage:CC': recipients('email-message:cc_refs[*].value'),
    'object/emailmessage:BCC': recipients('email-message:bcc_refs[*].value'),
    'object/emailmessage:Subject': field({ path: 'email-message:subject', kind: 'email-subject' }),
    'object/emailmessage:Message_ID': field({ path: 'email-message:message_id' }),
    'object/emailmessage:Date': field({ path: 'email-message:date', type: 'timestamp' }),
    'object/emailmessage:X_Mailer': field({ path: header('X-Mailer') }),
    'object/emailmessage:In_Reply_To': field({ path: header('In-Reply-To') }),
    'object/emailmessage:X_Originating_IP': innerValue('Address_Value', (text) => ({
      ...addressField('ipv4-addr', text),
      path: header('X-Originating-IP'),
    })),
    'object/emailmessage:Raw_Body': field({ path: 'email-message:body' }),
    'object/emailmessage:Attachments': references('File', 'email-message:body_multipart[*].body_raw_ref'),
    'object/emailmessage:Links': references('Link', undefined),
  },
}
