import { defineConfig } from 'vitest/config'

/** The suites that need more than Node: Python peers, proxies, terminals, kills. `.ci/run` prepares what they use. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What a test waits for comes late on a busy machine; how long it may take is tested where it matters.
    expect: { poll: { timeout: 15_000 } },
  },
})
