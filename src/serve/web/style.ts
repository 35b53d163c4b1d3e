import { createHash } from 'node:crypto'

/** The page's whole style: nothing is loaded from anywhere. Colours keep a contrast of 4.5 to 1 in light and in dark. */
export const style = `
:root { color-scheme: light dark; --back: #ffffff; --text: #1a1f24; --soft: #53606c; --line: #c3ccd4; --card: #f4f6f8; --link: #0b57a4; --good: #17692f; --bad: #a3231a }
@media (prefers-color-scheme: dark) {
  :root { --back: #14181c; --text: #e6eaee; --soft: #a5b1bc; --line: #3c4751; --card: #1d2329; --link: #8ec2ff; --good: #86d99c; --bad: #ff9d94 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1rem }
header { padding-top: 1.5rem }
footer { padding-bottom: 2rem; color: var(--soft) }
h1 { margin: 0; font-size: 1.6rem }
h2 { margin: 2rem 0 .5rem; font-size: 1.25rem }
h3, h4 { margin: 0; font-size: 1.05rem }
p { margin: .5rem 0 }
a { color: var(--link) }
code { font-family: ui-monospace, monospace; font-size: .9em }
.skip { position: absolute; left: -100rem }
.skip:focus { left: 1rem; top: .25rem; background: var(--back); padding: .25rem .5rem }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }
form div { flex: 1 1 14rem; min-width: 0 }
label { display: block }
input, button { font: inherit; color: inherit; padding: .5rem .75rem; border: 1px solid var(--soft); border-radius: .25rem }
input { width: 100%; background: var(--back) }
button { background: var(--card); cursor: pointer }
ul.cards { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)) }
ul.cards > li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; min-width: 0 }
dl { margin: .25rem 0 0; display: grid; grid-template-columns: minmax(5.5rem, max-content) minmax(0, 1fr); gap: .1rem .75rem }
dt { color: var(--soft) }
dd { margin: 0 }
.good { color: var(--good) }
.bad { color: var(--bad) }
`

const digest = createHash('sha256').update(style).digest('base64')

/** Only this style, and a form that comes back here; no script, no image, no frame, nothing of others. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`
