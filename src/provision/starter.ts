/** The address of the desired state's JSON Schema, for editors. */
export const desiredStateSchemaUrl = 'https://stixtaxii.example/schemas/desired-state.json'

const exampleDirectory = `pools:
  acme: 0123456789abcdef0123456789abcdef
logpoints:
  acme/lp1: fedcba9876543210fedcba9876543210
groups:
  production: [acme/*]`

/**
 * A commented desired state to begin with; valid as it is. Where a Director profile knows its pools, those of the
 * example are comments: active, they would take the place of the true ones.
 */
export function starterFile(name: string, { poolsKnown = false }: { readonly poolsKnown?: boolean } = {}): string {
  return `# yaml-language-server: $schema=${desiredStateSchemaUrl}
# Editors that cannot open that address: write the path of schemas/desired-state.json, beside the program, in its place.
#
# What should be on which Logpoint. Look at it with: stixtaxii plan -f THIS-FILE
# Carry it out with: stixtaxii apply -f THIS-FILE
# Secrets never stand here, only where they are: { file: PATH }, { env: NAME } or { store: keyring, entry: NAME }.

stixtaxii: 1
# Everything made from this file belongs to this name. Keep it.
name: ${/^(?!(?:true|false|null)$)[a-z]/i.test(name) ? name : `'${name}'`}

# Which Director. Without this: the default profile (stixtaxii configure director).
# director:
#   profile: hq
#   # or, without a profile:
#   url: https://director.example
#   token: { env: STIXTAXII_DIRECTOR_TOKEN }
#   # ca: [director-ca.pem]     # PEM files of authorities, relative to this file
#   # pin: SHA-256 of its certificate in 64 lower-case hex digits; besides trust, not instead of it
#   # allowHttp: true           # plain http beyond this machine

# Director lists neither pools nor Logpoints: their identifiers are in the Search Master under Settings, Configuration,
# LogPoint Pool. Leave these out to use the profile's.
${poolsKnown ? exampleDirectory.replaceAll(/^/gm, '# ') : exampleDirectory}

# Logpoints, groups or globs this file is about. Without it: all of them.
# on: [production]

# The StixTaxii package: uploaded to each pool and installed on each Logpoint.
# package:
#   file: StixTaxii_6.1.0.pak
#   storage: private

# Client certificates and keys for the TAXII servers that want them.
# certificates:
#   - file: client.crt
#   - file: client.key

# Whether the plugin can fetch one, with just the fields that it has: stixtaxii director source test NAME
# sources:
#   By reference to a TAXII profile (stixtaxii configure taxii); what stands here goes over it.
#   acme-feed:
#     from: acme
#     begin: 20d
#   Or wholly here:
#   partner:
#     url: https://taxii.example/taxii2/
#     taxiiVersion: '2.1'
#     begin: 20d              # how far back the first fetch goes: 6h, 20d, 3w, 2mo
#     fetchInterval: 2d       # 6h, 2d, 1w
#     username: ann
#     password: { file: secrets/partner.txt }
#     # certificate: client.crt
#     # key: client.key
#     # keyPassphrase: { env: PARTNER_KEY_PASSPHRASE }
#     # proxy: http://proxy.example:3128
#   retired:
#     url: https://old.example/taxii/
#     ensure: absent          # deleted where it is found

# What is different somewhere; later ones win.
# overrides:
#   acme/lp1:
#     sources:
#       partner: { enabled: false }

# What becomes of things made from this file that it no longer names: delete (default) or keep.
# removed: delete
`
}
