/** undici's client alone: the whole package would bring its fetch, its caches and HTTP/2, and Node's copies of them, too. */
declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici'
}
