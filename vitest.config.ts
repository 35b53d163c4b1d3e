import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The examples name the package as its users do.
  resolve: { alias: [{ find: /^stixtaxii$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) }] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**', 'node_modules/**'],
    setupFiles: [
      'test/support/frozen-prototype.ts',
      ...(process.env.STIXTAXII_CANARY === undefined ? [] : ['test/support/canary-witness.ts']),
    ],
    // All cores, also where there are only two: much of the time is spent waiting for servers and children.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 20_000,
    // What a test waits for comes late on a busy machine; how long it may take is tested where it matters.
    expect: { poll: { timeout: 15_000 } },
  },
})
