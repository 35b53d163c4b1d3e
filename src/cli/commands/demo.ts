import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { runDemo } from '../../workflow/demo.ts'
import { defineCommand } from '../command.ts'
import { emulatedFetch } from '../emulated-director.ts'

export const demo = defineCommand({
  path: 'demo',
  summary: 'Show the main job offline, with servers of our own: discover, configure, fetch, go on',
  details:
    'Starts a TAXII 2.1 and a TAXII 1.1 server with made-up intelligence, and a Director, on this machine, runs the real commands against ' +
    'them in a folder of its own, and compares what was stored with what the servers gave. Your profiles and your store are ' +
    'not touched, and nothing is kept. Takes a few seconds.',
  examples: ['stixtaxii demo', 'stixtaxii demo --color never > demo.txt'],
  input: z.object({}),
  needs: ['clock', 'rehearsal', 'signal', 'pluginFetch'],
  ownFormat: true,
  async run(_, { clock, rehearsal, signal, pluginFetch }) {
    const folder = await mkdtemp(path.join(tmpdir(), 'stixtaxii-demo-'))
    try {
      await runDemo({
        clock,
        folder,
        storeFile: path.join(folder, 'data', 'store.sqlite'),
        run: (argv, stop) => rehearsal.run(argv, { folder, stop }),
        show: (text, style) => rehearsal.show(text, style),
        signal,
        fetchSource: emulatedFetch(pluginFetch),
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})
