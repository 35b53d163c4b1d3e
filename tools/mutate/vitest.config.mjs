// The tests as `npm run mutate` runs them: one worker for all files, since each mutant is a run of its own.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('../..', import.meta.url))

export default defineConfig({
  root,
  resolve: { alias: [{ find: /^stixtaxii$/, replacement: `${root}src/index.ts` }] },
  test: {
    include: JSON.parse(process.env.STIXTAXII_MUTATE_TESTS ?? '["test/**/*.test.ts"]'),
    exclude: ['test/slow/**', 'node_modules/**'],
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 20_000,
  },
})
