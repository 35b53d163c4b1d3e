/** What helps after a refused login: it holds where nothing was given as well as where what was given is wrong. */
export const accessAdvice =
  'If you gave a name or a secret, the server does not take it. ' +
  'Give what the provider gave you, with --username and --password-file, or --token-file; ' +
  'in a profile, correct it with: stixtaxii credential set NAME.'
