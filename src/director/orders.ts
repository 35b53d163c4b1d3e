/** The path of an order as Director gave it, checked to be one: begins with `monitorapi/`, without a leading slash. */
export type OrderPath = string & { readonly isOrderPath: true }

/** One reading of an order. `reason` of a failure is server text. */
export type OrderReading =
  | { readonly state: 'succeeded'; readonly message?: string | undefined }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'pending' }

/** How waiting for an order ended. `unverified`: the order cannot be read although its call was accepted. */
export type OrderOutcome =
  | { readonly state: 'succeeded'; readonly message?: string | undefined }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'pending' }
  | { readonly state: 'unverified'; readonly reason: string }
