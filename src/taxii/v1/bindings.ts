/** Names that providers give to content bindings besides the standard's own, ThreatConnect's among them. */
const aliases: ReadonlyMap<string, string> = new Map(
  Object.entries({
    CB_STIX_XML_10: 'urn:stix.mitre.org:xml:1.0',
    CB_STIX_XML_101: 'urn:stix.mitre.org:xml:1.0.1',
    CB_STIX_XML_11: 'urn:stix.mitre.org:xml:1.1',
    CB_STIX_XML_111: 'urn:stix.mitre.org:xml:1.1.1',
    CB_STIX_XML_12: 'urn:stix.mitre.org:xml:1.2',
  }),
)

/**
 * A content binding's id as the Content Binding Reference has it; unknown ones as they are. Each part of a nested binding
 * (`A|B`) is looked at by itself.
 */
export function canonicalBinding(id: string): string {
  if (!id.includes('CB_')) return id
  return id
    .split('|')
    .map((part) => aliases.get(part.trim()) ?? part)
    .join('|')
}

/** How a server that advertises `offered` spells a binding: by its alias where it knows no other. */
export function spelledBinding(id: string, offered: readonly string[]): string {
  if (offered.length === 0 || offered.includes(id)) return id
  return offered.find((each) => canonicalBinding(each) === canonicalBinding(id)) ?? id
}
