// The licences of the packages whose code is in the bundle, which their authors ask to go with it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** `inputs` are the files of the bundle, relative to `root`. */
export function writeLicences(inputs, { root, file }) {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined))
  const texts = [...folders].sort().map((folder) => licenceOf(path.resolve(root, folder)))
  writeFileSync(file, `${texts.join('\n\n')}\n`)
}

function packageFolder(input) {
  // Inputs of a plugin's own namespace are written NAMESPACE:PATH.
  const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input.replace(/^\w+:/, ''))
  return match?.[0]
}

function licenceOf(folder) {
  const about = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  const said = file && existsSync(path.join(folder, file)) ? readFileSync(path.join(folder, file), 'utf8').trim() : ''
  const head = `${about.name} ${about.version} (${about.license ?? 'see below'})`
  return `${'='.repeat(78)}\n${head}\n${'='.repeat(78)}\n${said || withoutFile(about)}`
}

/** Some packages carry no licence text; what they say of themselves has to do. */
function withoutFile({ author, license, homepage }) {
  const name = typeof author === 'string' ? author : author?.name
  return [`Licence: ${license}`, ...(name ? [`Author: ${name}`] : []), ...(homepage ? [homepage] : [])].join('\n')
}
