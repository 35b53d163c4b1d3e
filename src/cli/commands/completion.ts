import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { printedBy } from '../printed-by.ts'

export const completion = defineCommand({
  path: 'completion',
  summary: 'Print the script that completes commands, flags and profile names in a shell',
  details:
    'Put the script where the shell reads it at its start. Names of profiles are looked up when the tab key is pressed.',
  examples: [
    'stixtaxii completion bash > ~/.local/share/bash-completion/completions/stixtaxii',
    'stixtaxii completion zsh > ~/.zfunc/_stixtaxii',
    'stixtaxii completion fish > ~/.config/fish/completions/stixtaxii.fish',
  ],
  positional: ['shell'],
  input: z.object({ shell: z.enum(['bash', 'zsh', 'fish', 'powershell']).describe('the shell to print it for') }),
  needs: ['output'],
  ownFormat: true,
  async run({ shell }, { output }) {
    const { RootCommand } = await import('@bomb.sh/tab')
    await output.raw(printedBy(() => new RootCommand().setup('stixtaxii', 'stixtaxii', shell)))
  },
})
