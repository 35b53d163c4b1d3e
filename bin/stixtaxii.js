#!/usr/bin/env node
import { existsSync } from 'node:fs'

const program = new URL('../dist/bin/stixtaxii.js', import.meta.url)
if (existsSync(program)) {
  await import(program.href)
} else {
  console.error('error: stixtaxii has not been built here\nhint: run: npm run build')
  process.exitCode = 1
}
