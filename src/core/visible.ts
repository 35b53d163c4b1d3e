// C0 and C1 controls, DEL, bidirectional overrides and isolates, zero-width and line/paragraph separators, tags, BOM.
const hostile =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu

/** The text with everything that a terminal would act upon, or that does not show, as `\u{..}`. */
export function visible(text: string, options: { readonly lines?: boolean | undefined } = {}): string {
  return text.replace(hostile, (character) => {
    if (options.lines && (character === '\n' || character === '\t')) return character
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}
