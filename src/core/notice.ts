/** Something worth telling that loses nothing: an oddity that was tolerated, a setting that weakens security. */
export interface Notice {
  /** `ROOM_REASON`, stable. */
  readonly code: string
  /** One sentence for a person; server text in it is shown through `printable`. */
  readonly message: string
}

/** Where notices go. Callers that repeat themselves are de-duplicated by the receiver, by code and message. */
export type NoticeSink = (notice: Notice) => void
