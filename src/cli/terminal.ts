import { cancelled, StixTaxiiError } from '../core/errors.ts'
import type { Terminal } from '../core/ports.ts'
import { printable } from '../core/printable.ts'
import { Secret } from '../core/secret.ts'
import type { Host } from './host.ts'
import type { Progress } from './progress.ts'
import type { GlobalOptions } from './runtime.ts'

/** What a question looks like to the prompt package. */
interface Question {
  readonly type: 'input' | 'password' | 'confirm' | 'select' | 'checkbox'
  readonly message: string
  readonly [further: string]: unknown
}

/**
 * The person at the terminal: told and asked on standard error. The prompt package is loaded for the first question, and
 * never without a terminal: with standard input closed it would draw on and end with 0.
 *
 * @throws CLI_CANNOT_ASK (usage) from every question when nobody can be asked; CORE_CANCELLED on Ctrl-C.
 */
export function createTerminal(
  host: Pick<Host, 'stdin' | 'stderr' | 'environment'>,
  options: Pick<GlobalOptions, 'input' | 'quiet' | 'color'>,
  parts: { readonly signal: AbortSignal; readonly progress: () => Progress },
): Terminal {
  const { stdin, stderr, environment } = host
  const isTerminal = stderr.isTTY === true
  const canDraw = isTerminal && environment.TERM !== 'dumb'
  const canAsk = options.input && canDraw && stdin.isTTY === true
  const isDumb = options.input && isTerminal && !canDraw && stdin.isTTY === true
  const whyNobody = isDumb ? 'A terminal of TERM=dumb is asked nothing: it cannot be drawn on.' : undefined
  const line = (text: string): void => parts.progress().interrupt(() => void stderr.write(`${text}\n`))

  const prompt = async (question: Question): Promise<unknown> => {
    if (!canAsk) throw cannotAsk(question.message, whyNobody)
    parts.progress().close()
    const { createPromptModule } = await import('inquirer')
    const ask = createPromptModule({ input: stdin, output: stderr, signal: parts.signal })
    try {
      const answers: Record<string, unknown> = await ask([{ ...question, name: 'answer' }] as never)
      return answers.answer
    } catch (error) {
      const isStop = error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name)
      throw isStop ? cancelled(error) : error
    }
  }

  return {
    canAsk,
    whyNobody,
    canDraw,
    get columns() {
      return stderr.columns ?? 80
    },
    colors: wantsColors(options.color, stderr.isTTY, environment),
    note(text) {
      if (!options.quiet) line(printable(text))
    },
    warn(text) {
      if (!options.quiet) line(`warning: ${printable(text)}`)
    },
    ask: async ({ message, default: initial, validate }) =>
      String(await prompt({ type: 'input', message, ...given('default', initial), ...given('validate', validate) })),
    askSecret: async ({ message, mayBeEmpty = false }) => {
      const validate = (typed: string): true | string =>
        mayBeEmpty || typed !== '' || 'Nothing was typed. Type it, or stop with Ctrl-C'
      return new Secret(String(await prompt({ type: 'password', message, mask: '*', validate })))
    },
    confirm: async ({ message, default: initial }) =>
      (await prompt({ type: 'confirm', message, default: initial })) === true,
    choose: async <T extends string>({ message, choices, default: initial }: Choice<T, T>) =>
      (await prompt({ type: 'select', message, choices, ...given('default', initial) })) as T,
    chooseMany: async <T extends string>({ message, choices, default: initial }: Choice<T, readonly T[]>) => {
      const marked = choices.map((choice) => ({ ...choice, checked: initial?.includes(choice.value) ?? false }))
      return (await prompt({ type: 'checkbox', message, choices: marked })) as readonly T[]
    },
  }
}

interface Choice<T extends string, Initial> {
  message: string
  choices: readonly { value: T; name: string; description?: string }[]
  default?: Initial
}

function given(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value }
}

function cannotAsk(message: string, whyNobody: string | undefined): StixTaxiiError {
  return new StixTaxiiError('CLI_CANNOT_ASK', `Nobody can be asked: "${printable(message)}"`, {
    kind: 'usage',
    hint: `${whyNobody ? `${whyNobody} ` : ''}Give the answer as a flag (see --help), or run it on ${whyNobody ? 'another' : 'a'} terminal without --no-input. A confirmation is --yes.`,
  })
}

/** Whether a stream gets colours. */
export function wantsColors(
  color: GlobalOptions['color'],
  isTerminal: boolean | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (color !== 'auto') return color === 'always'
  return isTerminal === true && environment.TERM !== 'dumb'
}
