import { spawn } from 'node:child_process'
import { findProgram, freePort } from './daemon.ts'

/** A real browser without a window, spoken to by WebDriver's own HTTP. @see W3C WebDriver */
export interface Browser extends AsyncDisposable {
  open(url: string): Promise<void>
  /** Runs in the page; the driver's way in, which the page's policy does not see. */
  run<Result>(script: string, ...values: unknown[]): Promise<Result>
  title(): Promise<string>
  /** Types into what has the focus; `\uE004` is Tab, `\uE007` Enter. */
  type(keys: string): Promise<void>
  resize(width: number, height: number): Promise<void>
  /** `dark` or `light`. */
  prefer(scheme: string): Promise<void>
  /** What the browser's console says, policy violations among it. */
  console(): Promise<readonly string[]>
}

export const driver = findProgram('chromedriver')

export async function startBrowser(): Promise<Browser> {
  const port = await freePort()
  const child = spawn(driver ?? '', [`--port=${port}`], { stdio: 'ignore' })
  const base = `http://127.0.0.1:${port}`
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
    const answer = await fetch(`${base}${path}`, init)
    const { value } = (await answer.json()) as { value: unknown }
    if (!answer.ok) throw new Error(JSON.stringify(value))
    return value
  }
  for (let tries = 0; tries < 200; tries++) {
    if (await call('GET', '/status').then(Boolean, () => false)) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const options = { args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] }
  const capabilities = {
    alwaysMatch: { 'goog:chromeOptions': options, 'goog:loggingPrefs': { browser: 'ALL' } },
  }
  const { sessionId } = (await call('POST', '/session', { capabilities })) as { sessionId: string }
  const session = `/session/${sessionId}`
  return {
    open: async (url) => void (await call('POST', `${session}/url`, { url })),
    run: <Result>(script: string, ...args: unknown[]) =>
      call('POST', `${session}/execute/sync`, { script, args }) as Promise<Result>,
    title: async () => (await call('GET', `${session}/title`)) as string,
    async type(keys) {
      const actions = [...keys].flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ])
      await call('POST', `${session}/actions`, { actions: [{ type: 'key', id: 'keyboard', actions }] })
    },
    async resize(width, height) {
      const params = { width, height, deviceScaleFactor: 1, mobile: true }
      await call('POST', `${session}/goog/cdp/execute`, { cmd: 'Emulation.setDeviceMetricsOverride', params })
    },
    async prefer(scheme) {
      const params = { features: [{ name: 'prefers-color-scheme', value: scheme }] }
      await call('POST', `${session}/goog/cdp/execute`, { cmd: 'Emulation.setEmulatedMedia', params })
    },
    async console() {
      const entries = (await call('POST', `${session}/se/log`, { type: 'browser' })) as { message: string }[]
      return entries.map(({ message }) => message)
    },
    async [Symbol.asyncDispose]() {
      await call('DELETE', session).catch(() => undefined)
      child.kill()
    },
  }
}
