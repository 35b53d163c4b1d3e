import type { LoopbackOptions } from './loopback-server.ts'
import type { BlockInput, Taxii1Options } from './taxii1-options.ts'
import type { StixInput, Taxii2Options } from './taxii2-options.ts'

/** What a personality serves, and how its server is to run. */
export interface PersonalityContent extends Pick<LoopbackOptions, 'tls' | 'now' | 'hostname'> {
  /** For a TAXII 2 service; plain STIX, which the personality writes its own way. */
  readonly objects?: readonly Readonly<Record<string, unknown>>[] | undefined
  readonly addedAt?: ((index: number) => string) | undefined
  /** For a TAXII 1.x service. */
  readonly blocks?: readonly BlockInput[] | undefined
}

/** What a customer of the provider is told in a mail. */
export interface WelcomeMail {
  /** Path of the address that is mailed, on the server's own host. */
  readonly path: string
  /** Collection with the content, as a user would name it. */
  readonly collection: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  readonly header?: { readonly name: string; readonly value: string } | undefined
  /** User name and password are exchanged for a token. */
  readonly login?: boolean | undefined
  /** Needs a client certificate as well. */
  readonly certificate?: boolean | undefined
}

/**
 * A provider's habits as data: which options make our correct server behave like that one. Facts come from public
 * documentation and reports; services change, so this is a likeness and not a promise.
 */
export type Personality = {
  /** The name of the preset it goes with. */
  readonly name: string
  readonly title: string
  readonly mail: WelcomeMail
} & (
  | { readonly family: 1; readonly options: (content: PersonalityContent) => Taxii1Options }
  | { readonly family: 2; readonly options: (content: PersonalityContent) => Taxii2Options }
)

/** What every TAXII 2 personality hands on to its server. */
export function serving(content: PersonalityContent): Pick<Taxii2Options, 'tls' | 'now' | 'hostname'> {
  return { tls: content.tls, now: content.now, hostname: content.hostname }
}

/** The content as the objects of a collection. */
export function holding(content: PersonalityContent): {
  objects: readonly StixInput[] | undefined
  addedAt: PersonalityContent['addedAt']
} {
  return { objects: content.objects, addedAt: content.addedAt }
}
