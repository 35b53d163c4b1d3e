import { cases, faultsOf } from './fault.ts'

const orders = 'D2: bears with %s'

/** D1 to D11. */
export const directorFaults = faultsOf({
  D1: {
    'a create cut off before it was carried out': 'D1: a create cut off before',
    'a create cut off after it was carried out': ['D1: a create cut off %s', 'after it was carried out'],
    'an accepted create that is not answered for': 'D1: an accepted create %s',
    'an answer lost, the list shows it': 'D1: a create whose answer was lost is never sent again',
    'an answer lost, the list does not show it': 'D1: a create whose answer was lost stays unknown',
    'an answer lost, the list cannot be made fresh': 'D1 when the list cannot be made fresh',
    'the token dies right after': 'D1 when the token dies',
    'an upload sent to the last byte and never answered for': 'have an unknown outcome (D1)',
    'two creates at once': 'D1 create a source once: the second finds',
    'a create beside an apply': 'D1 create a source once beside an apply',
  },
  D2: {
    'an order that is never done': 'D2: an order that is never done',
    'an order that is never done, up to each limit': 'D2: never done: pending',
    'a server error between': [orders, 'a server error'],
    ...cases(orders, [
      'a proxy that is busy',
      'a broken connection',
      'too many requests',
      'not found at first',
      'an empty body',
    ]),
    'Retry-After': 'D2: waits as long as Retry-After',
    'not found for ever': 'D2: an order that is still not found',
    'an order that vanishes': 'D2: an order that vanishes',
    'the token dies before it can be read': 'D2 keeps the order of what was accepted',
    'stopped in the middle': 'D2 stopped in the middle',
    'a later run while it is open': 'D2 does not send a create again in a later run',
    'a later run when it has failed': 'D2 goes on in a later run',
    'an order that takes too long': 'D2 ends as pending with the path',
    'two new sources that could be it': 'D2 is not done when two new sources',
  },
  D3: {
    'a first apply, killed at each request': ['D1 D3 $name', 'a first apply'],
    'an apply that changes, killed at each request': ['D1 D3 $name', 'an apply that edits'],
  },
  D4: { 'applied again, and fifty times': 'D4 sends no write' },
  D5: {
    'edited between plan and apply': 'D5 is refused when someone edits',
    'written by another run, and no list shows it': 'D5 is refused when another run',
  },
  D6: { 'two runs at once': 'D6 of two runs at once' },
  D7: {
    'one of 200, a source': 'D7 fails on one of 200',
    'one of 200, an apply': 'D7 does 199 of 200',
    'a Logpoint that refuses': 'D7 does the others when one Logpoint refuses',
    'an upload that fails': 'D7 an upload that fails',
  },
  D8: {
    'names with CR LF, ../ and the like': 'D8: names of files to upload',
    'files that are not what they should be': 'D8 refuses %s before anything is sent',
    'a file replaced since the plan': 'D8 sends a file that was replaced',
    'a file shorter or longer than promised': 'D8: a file that is %s than promised',
    'a file that cannot be read to its end': 'D8: a file that cannot be read',
    'cut in the middle': 'D8: a connection cut in the middle',
    'an answer before the end of the body': 'D8: an answer that comes before',
    'a server that takes slowly': 'D8: a server that takes slowly',
    'a server that takes nothing': 'D8: asks for no more',
    'a certificate of the same name': 'D8 puts a renewed certificate',
  },
  D9: {
    'times in seconds, milliseconds, texts': 'D9: the time %j is %s',
  },
  D10: {
    'a delete without a yes': 'D10 delete asks for the name',
    'a destroy without the name': 'D10 wants the name',
    'a plugin that has sources': 'D10 is not uninstalled while',
    'a plugin that someone else uses': 'D10 leaves a plugin that someone else uses',
    'a plugin that another run installed': 'D10 keeps a plugin that the other one',
    'files that another uses': 'D10 keeps the files and the plugin',
    'a certificate that a new source uses': 'D10 keeps a certificate that a source uses',
    'a certificate of a Logpoint that the file is not about': 'D10 keeps a certificate that a Logpoint uses',
  },
  D11: {
    'a masked password in the list, when applied': 'D11 takes a masked password for unknown',
    'a masked password in the list, when edited': 'D11 never writes a mask back',
    'a masked password, compared': 'D11: a masked secret in the list is not comparable',
    'a masked password, sent': 'D11: a masked secret is never sent',
    'masks of every shape': 'rule 5, D11',
  },
})
