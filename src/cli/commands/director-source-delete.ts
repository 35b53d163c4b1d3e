import { z } from 'zod'
import { deleteSource } from '../../director/source-changes.ts'
import { withoutSource } from '../../provision/state.ts'
import { defineCommand } from '../command.ts'
import { changePartsOf } from '../director-changes.ts'
import { confirmByName, namesOf } from '../director-confirm.ts'
import { directorFields, onField, orderFields, parallelField, verifyField } from '../director-fields.ts'
import { changeTargets, rowOfChange } from '../director-rows.ts'
import { placeOf } from '../director-source-state.ts'
import { meantSource, readKnowledge, sourceStateNeeds } from '../director-sources.ts'
import { directorNeeds, wantedLogpoints, withDirector } from '../director-targets.ts'

export const directorSourceDelete = defineCommand({
  path: 'director source delete',
  summary: 'Delete an enrichment source from one Logpoint or from several',
  details:
    'SOURCE is its id, the name of the profile it was made from, or its discovery URL. It cannot be brought back: asks for ' +
    'the name, or takes --yes. What the plugin has already fetched is not removed by this.',
  examples: [
    'stixtaxii director source delete 5d8b2a522be2374b84949c82 --on acme/lp1 --yes',
    'stixtaxii director source delete acme --on acme/* --yes -o json',
  ],
  positional: ['source'],
  input: z.object({
    source: z.string().describe('id, profile or discovery URL').meta({ value: 'SOURCE' }),
    on: onField,
    parallel: parallelField,
    ...orderFields,
    ...verifyField,
    ...directorFields,
  }),
  needs: [...directorNeeds, ...sourceStateNeeds],
  schema: 'director-targets',
  async run({ source: word, on, parallel, ...flags }, parts) {
    await withDirector(flags, parts, async ({ profile: director, client }) => {
      const logpoints = wantedLogpoints(director, on, 'one')
      const knowledge = await readKnowledge(parts)
      const what = `Delete the enrichment source ${word} from ${namesOf(logpoints)}?`
      await confirmByName(parts, { what, name: word })
      await changeTargets(logpoints, { parallel, doing: 'Deleting from' }, parts, async (logpoint, say, ordered) => {
        const listed = await client.sources.list(logpoint, { signal: parts.signal })
        const { id } = meantSource(word, listed, { logpoint, director, knowledge })
        const change = await deleteSource(logpoint, id, changePartsOf(client, flags, parts, say, ordered))
        if (change.state === 'done') {
          await knowledge.keep((state) => withoutSource(state, placeOf(director, logpoint), id))
        }
        return { ...rowOfChange(change, flags.wait), id }
      })
    })
  },
})
