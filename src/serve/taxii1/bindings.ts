/** Content bindings of STIX 2 as JSON; one bundle a block. The Content Binding Reference ends before STIX 2: they go on in its pattern. */
export const stixJson20 = 'urn:stix.mitre.org:json:2.0'
export const stixJson21 = 'urn:stix.mitre.org:json:2.1'

/** Content bindings of STIX 1 as XML. @see TAXII Content Binding Reference 3; 1.2 as servers call it */
export const stixXml: readonly string[] = ['1.0', '1.0.1', '1.1', '1.1.1', '1.2'].map(
  (version) => `urn:stix.mitre.org:xml:${version}`,
)
