import { wires } from '../../src/taxii/v1/wire.ts'
import { samplePackages } from './seeds.ts'

const { namespace: old, binding: oldBinding } = wires['1.0']
const { namespace, binding } = wires['1.1']
const stix = 'urn:stix.mitre.org:xml:1.1.1'

const answer = (name: string, attributes: string, inner: string): string =>
  `<taxii_11:${name} xmlns:taxii_11="${namespace}" message_id="2" in_response_to="1" ${attributes}>${inner}</taxii_11:${name}>`

const block = (content: string, more = ''): string =>
  `<taxii_11:Content_Block><taxii_11:Content_Binding binding_id="${stix}"><taxii_11:Subtype subtype_id="s"/></taxii_11:Content_Binding><taxii_11:Content>${content}</taxii_11:Content><taxii_11:Timestamp_Label>2026-01-01T00:00:00.123456Z</taxii_11:Timestamp_Label>${more}</taxii_11:Content_Block>`

/** One message of each kind that a server answers with or is sent, in both versions. */
export const sampleMessages: readonly string[] = [
  answer(
    'Poll_Response',
    'collection_name="feed" more="true" result_id="r1" result_part_number="1"',
    `<taxii_11:Exclusive_Begin_Timestamp>2026-01-01T00:00:00Z</taxii_11:Exclusive_Begin_Timestamp><taxii_11:Inclusive_End_Timestamp>2026-01-02T00:00:00Z</taxii_11:Inclusive_End_Timestamp><taxii_11:Record_Count partial_count="true">3</taxii_11:Record_Count><taxii_11:Message>hello &amp; more</taxii_11:Message>${block(samplePackages[0] ?? '')}${block('{&quot;type&quot;:1}', '<taxii_11:Message>m</taxii_11:Message>')}${block('<a xmlns="u:1" b:c="d" xmlns:b="u:2"><!-- x --><![CDATA[<y>]]></a>')}`,
  ),
  answer(
    'Status_Message',
    'status_type="RETRY"',
    '<taxii_11:Status_Detail><taxii_11:Detail name="ESTIMATED_WAIT">300</taxii_11:Detail><taxii_11:Detail name="ACCEPTABLE_DESTINATION">a</taxii_11:Detail></taxii_11:Status_Detail><taxii_11:Message>later</taxii_11:Message>',
  ),
  answer(
    'Discovery_Response',
    '',
    ['POLL', 'INBOX', 'DISCOVERY', 'COLLECTION_MANAGEMENT']
      .map(
        (type) =>
          `<taxii_11:Service_Instance service_type="${type}" service_version="urn:taxii.mitre.org:services:1.1" available="true"><taxii_11:Protocol_Binding>urn:taxii.mitre.org:protocol:https:1.0</taxii_11:Protocol_Binding><taxii_11:Address>https://taxii.example/poll</taxii_11:Address><taxii_11:Message_Binding>${binding}</taxii_11:Message_Binding><taxii_11:Content_Binding binding_id="CB_STIX_XML_111"/><taxii_11:Message>m</taxii_11:Message></taxii_11:Service_Instance>`,
      )
      .join('\n'),
  ),
  answer(
    'Collection_Information_Response',
    '',
    `<taxii_11:Collection collection_name="feed" collection_type="DATA_FEED" available="true"><taxii_11:Description>d</taxii_11:Description><taxii_11:Collection_Volume>12</taxii_11:Collection_Volume><taxii_11:Content_Binding binding_id="${stix}"/><taxii_11:Polling_Service><taxii_11:Protocol_Binding>p</taxii_11:Protocol_Binding><taxii_11:Address>/poll</taxii_11:Address><taxii_11:Message_Binding>${binding}</taxii_11:Message_Binding></taxii_11:Polling_Service></taxii_11:Collection>`,
  ),
  `<Poll_Response xmlns="${old}" message_id="1" in_response_to="2" feed_name="f"><Inclusive_End_Timestamp>2026-01-01 00:00:00</Inclusive_End_Timestamp><Content_Block><Content_Binding>${stix}</Content_Binding><Content>text only</Content></Content_Block></Poll_Response>`,
  `<Status_Message xmlns="${old}" message_id="1" in_response_to="2" status_type="FAILURE"><Status_Detail>60</Status_Detail><Message>x</Message></Status_Message>`,
  `<Feed_Information_Response xmlns="${old}" message_id="1" in_response_to="2"><Feed feed_name="f"><Description>d</Description><Content_Binding>${oldBinding}</Content_Binding></Feed></Feed_Information_Response>`,
]

/** Requests of both versions, for our own server. */
export const sampleRequests: readonly string[] = [
  `<t:Poll_Request xmlns:t="${namespace}" message_id="1" collection_name="feed"><t:Exclusive_Begin_Timestamp>2026-01-01T00:00:00Z</t:Exclusive_Begin_Timestamp><t:Poll_Parameters allow_asynch="false"><t:Response_Type>FULL</t:Response_Type><t:Content_Binding binding_id="${stix}"/></t:Poll_Parameters></t:Poll_Request>`,
  `<t:Poll_Fulfillment xmlns:t="${namespace}" message_id="1" collection_name="feed" result_id="r" result_part_number="2"/>`,
  `<t:Discovery_Request xmlns:t="${namespace}" message_id="1"/>`,
  `<t:Collection_Information_Request xmlns:t="${namespace}" message_id="1"/>`,
  `<t:Subscription_Management_Request xmlns:t="${namespace}" message_id="1" collection_name="feed" action="SUBSCRIBE"><t:Subscription_Parameters><t:Response_Type>COUNT_ONLY</t:Response_Type></t:Subscription_Parameters></t:Subscription_Management_Request>`,
  `<t:Inbox_Message xmlns:t="${namespace}" message_id="1"><t:Destination_Collection_Name>feed</t:Destination_Collection_Name>${block(samplePackages[1] ?? '').replaceAll('taxii_11:', 't:')}</t:Inbox_Message>`,
  `<Poll_Request xmlns="${old}" message_id="1" feed_name="feed"><Content_Binding>${stix}</Content_Binding></Poll_Request>`,
]
