import { printable } from '../../core/printable.ts'

/** How far the media type of an answer is from what the standard wants. */
export type MediaTypeVerdict =
  | { readonly kind: 'right' }
  /** Not the standard's, though JSON may well be inside. */
  | { readonly kind: 'loose'; readonly seen: string }
  | { readonly kind: 'html'; readonly seen: string }

const right = {
  '2.0': /^application\/vnd\.oasis\.(taxii|stix)\+json$/,
  '2.1': /^application\/taxii\+json$/,
}

/**
 * Judges a `Content-Type`: blanks, case and further parameters do not matter, and neither does the version parameter
 * (2.0 servers say "version=2.1" over 2.0 content).
 */
export function judgeMediaType(contentType: string | undefined, version: '2.0' | '2.1'): MediaTypeVerdict {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (right[version].test(type)) return { kind: 'right' }
  const seen = contentType === undefined ? 'no media type' : printable(contentType, { maxLength: 100 })
  return { kind: /^(text\/html|application\/xhtml\+xml)$/.test(type) ? 'html' : 'loose', seen }
}

/** What an HTML page calls itself, made safe to show; undefined when it has no title. */
export function htmlTitle(text: string): string | undefined {
  const title = /<title[^>]*>([^<]{1,300})/i.exec(text)?.[1]?.replace(/\s+/g, ' ').trim()
  return title ? printable(title, { maxLength: 100 }) : undefined
}
