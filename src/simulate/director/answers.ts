import { jsonResponse } from '../loopback-server.ts'
import type { SimulatedResponse } from '../loopback-server.ts'

/** The envelope of a call that is finished, or accepted as an order. */
export function success(message: string): SimulatedResponse {
  return jsonResponse(200, 'application/json', { status: 'Success', message })
}

/** A refusal. The guide shows none: an envelope of the same kind, with a status of 400 or above. */
export function refusal(status: number, message: string, headers: Record<string, string> = {}): SimulatedResponse {
  return jsonResponse(status, 'application/json', { status: 'Error', message }, headers)
}

/** The page that a proxy or a session that has ended puts in the place of an answer. */
export const loginPage: SimulatedResponse = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from(
    '<!doctype html><html><head><title>Director Console</title></head><body><form action="/login">Please log in' +
      '<input name="username"><input name="password" type="password"></form></body></html>',
  ),
}

/** The same refusal with status 200, told by its envelope alone. */
export function asStatus200(response: SimulatedResponse): SimulatedResponse {
  return response.status >= 400 ? { ...response, status: 200 } : response
}
