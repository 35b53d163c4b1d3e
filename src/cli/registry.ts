import type { CommandRow } from './command.ts'
import { directorCommands } from './registry-director.ts'
import { serverCommands } from './registry-server.ts'

/** What the groups of commands are for, by the words before the verb. */
export const commandGroups: Readonly<Record<string, string>> = {
  profile: 'The saved connections',
  credential: 'Their secrets, and where those are kept',
  checkpoint: 'How far each collection has been read',
  pattern: 'STIX patterns',
  indicator: 'What is known of values, and which of it counts',
  store: 'The local database',
  inbox: 'Services that take content (TAXII 1.x)',
  subscription: 'Standing requests for a collection (TAXII 1.x)',
  'server api-root': 'Groups of collections with a URL of their own (TAXII 2)',
  'server collection': 'What is served',
  director: 'Logpoint Director: packages, plugins, certificates and enrichment sources on Logpoints',
  'director directory': 'The names of pools, Logpoints and groups that --on takes',
  'director package': "Application packages in Director's storage",
  'director plugin': 'The plugin on Logpoints',
  'director certificate': "Certificates and keys in Director's storage",
  'director source': 'Enrichment sources on Logpoints',
  'director order': "Director's jobs",
  server: 'The TAXII server: what serve gives to whom',
  'server account': 'Who may come in to the server',
}

/** Every command, in the order help lists them. One row each; the module is loaded when the command is named. */
export const commandRegistry: readonly CommandRow[] = [
  {
    path: 'configure',
    summary: 'Make or change a profile; asks on a terminal, takes flags anywhere',
    load: async () => (await import('./commands/configure.ts')).configure,
  },
  {
    path: 'profile list',
    summary: 'List the saved profiles',
    load: async () => (await import('./commands/profile-list.ts')).profileList,
  },
  {
    path: 'profile show',
    summary: 'Show one profile; where its secrets are, never what they are',
    load: async () => (await import('./commands/profile-show.ts')).profileShow,
  },
  {
    path: 'profile use',
    summary: 'Make a profile the default of its kind',
    load: async () => (await import('./commands/profile-use.ts')).profileUse,
  },
  {
    path: 'profile rename',
    summary: 'Give a profile another name; checkpoints, stored objects and secrets stay with it',
    load: async () => (await import('./commands/profile-rename.ts')).profileRename,
  },
  {
    path: 'profile remove',
    summary: 'Remove a profile and the secrets kept for it',
    load: async () => (await import('./commands/profile-remove.ts')).profileRemove,
  },
  {
    path: 'profile export',
    summary: 'Write profiles as YAML or JSON, for another machine or a backup',
    load: async () => (await import('./commands/profile-export.ts')).profileExport,
  },
  {
    path: 'profile import',
    summary: 'Read profiles that `profile export` wrote',
    load: async () => (await import('./commands/profile-import.ts')).profileImport,
  },
  {
    path: 'credential set',
    summary: 'Set a secret of a profile: typed, from a file, from standard input; never as an argument',
    load: async () => (await import('./commands/credential-set.ts')).credentialSet,
  },
  {
    path: 'credential list',
    summary: 'List the secrets of the profiles: which, and where they are',
    load: async () => (await import('./commands/credential-list.ts')).credentialList,
  },
  {
    path: 'credential remove',
    summary: 'Remove a secret from the credential store it is kept in',
    load: async () => (await import('./commands/credential-remove.ts')).credentialRemove,
  },
  {
    path: 'fetch',
    summary: 'Poll sources into the store, each object once',
    load: async () => (await import('./commands/fetch.ts')).fetch,
  },
  {
    path: 'watch',
    summary: 'Fetch every enabled source at its own interval, until stopped',
    load: async () => (await import('./commands/watch.ts')).watch,
  },
  ...serverCommands,
  {
    path: 'status',
    summary: 'Show when each source was last fetched, and how that went',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    path: 'doctor',
    summary: 'Check the machine, the profiles, the store, each source and Director, and say what fixes what is wrong',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    path: 'discover',
    summary: 'Find out what speaks TAXII at a URL: version, API roots, services',
    load: async () => (await import('./commands/discover.ts')).discover,
  },
  {
    path: 'collections',
    summary: 'List the collections that a source offers',
    load: async () => (await import('./commands/collections.ts')).collections,
  },
  {
    path: 'lookup',
    summary: 'Say whether values are known: addresses, domains, URLs, hashes, file names and more',
    load: async () => (await import('./commands/lookup.ts')).lookup,
  },
  {
    path: 'indicator list',
    summary: 'List the indicators that count: each value once, merged over sources',
    load: async () => (await import('./commands/indicator-list.ts')).indicatorList,
  },
  {
    path: 'indicator show',
    summary: 'Show everything that is known of one value',
    load: async () => (await import('./commands/indicator-show.ts')).indicatorShow,
  },
  {
    path: 'indicator explain',
    summary: 'Say why a value is exported and matched, or why not',
    load: async () => (await import('./commands/indicator-explain.ts')).indicatorExplain,
  },
  {
    path: 'poll',
    summary: 'Poll a source straight to standard output, as NDJSON; nothing is stored',
    load: async () => (await import('./commands/poll.ts')).poll,
  },
  {
    path: 'manifest',
    summary: 'List what a collection has, without the objects themselves (TAXII 2.x)',
    load: async () => (await import('./commands/manifest.ts')).manifest,
  },
  {
    path: 'get',
    summary: 'Read one object of a collection from the server, as NDJSON (TAXII 2.x)',
    load: async () => (await import('./commands/get.ts')).get,
  },
  {
    path: 'versions',
    summary: 'List the versions of one object on the server (TAXII 2.1)',
    load: async () => (await import('./commands/versions.ts')).versions,
  },
  {
    path: 'push',
    summary: 'Add the objects of a STIX 2 file to a collection on the server (TAXII 2.x)',
    load: async () => (await import('./commands/push.ts')).push,
  },
  {
    path: 'delete',
    summary: 'Delete one object from a collection on the server (TAXII 2.1)',
    load: async () => (await import('./commands/delete.ts')).deleteObject,
  },
  {
    path: 'job',
    summary: 'Show what became of pushed objects (TAXII 2.x)',
    load: async () => (await import('./commands/job.ts')).job,
  },
  {
    path: 'inbox push',
    summary: 'Push a file to an inbox of the server (TAXII 1.x)',
    load: async () => (await import('./commands/inbox-push.ts')).inboxPush,
  },
  {
    path: 'subscription subscribe',
    summary: 'Subscribe to a collection, to be polled (TAXII 1.x)',
    load: async () => (await import('./commands/subscription-subscribe.ts')).subscriptionSubscribe,
  },
  {
    path: 'subscription unsubscribe',
    summary: 'End a subscription (TAXII 1.x)',
    load: async () => (await import('./commands/subscription-unsubscribe.ts')).subscriptionUnsubscribe,
  },
  {
    path: 'subscription pause',
    summary: 'Pause a subscription (TAXII 1.1)',
    load: async () => (await import('./commands/subscription-pause.ts')).subscriptionPause,
  },
  {
    path: 'subscription resume',
    summary: 'Go on with a paused subscription (TAXII 1.1)',
    load: async () => (await import('./commands/subscription-resume.ts')).subscriptionResume,
  },
  {
    path: 'subscription status',
    summary: 'List your subscriptions to a collection (TAXII 1.x)',
    load: async () => (await import('./commands/subscription-status.ts')).subscriptionStatus,
  },
  {
    path: 'checkpoint list',
    summary: 'Show how far each collection has been read',
    load: async () => (await import('./commands/checkpoint-list.ts')).checkpointList,
  },
  {
    path: 'checkpoint set',
    summary: 'Move checkpoints to a time',
    load: async () => (await import('./commands/checkpoint-set.ts')).checkpointSet,
  },
  {
    path: 'checkpoint rewind',
    summary: 'Move checkpoints back by a duration',
    load: async () => (await import('./commands/checkpoint-rewind.ts')).checkpointRewind,
  },
  {
    path: 'checkpoint reset',
    summary: 'Forget checkpoints: the next fetch begins as the first did',
    load: async () => (await import('./commands/checkpoint-reset.ts')).checkpointReset,
  },
  {
    path: 'import',
    summary: 'Put STIX from files into the store, as if it had been fetched',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  {
    path: 'convert',
    summary: 'Turn STIX 1 and STIX 2.0 files into one STIX 2.1 bundle',
    load: async () => (await import('./commands/convert.ts')).convert,
  },
  {
    path: 'export',
    summary: 'Write what the store has: STIX, or its indicators for sensors, firewalls, SIEMs and people',
    load: async () => (await import('./commands/export.ts')).exportCommand,
  },
  {
    path: 'enrich',
    summary: 'Enrich log lines with the indicators that stand in them',
    load: async () => (await import('./commands/enrich.ts')).enrich,
  },
  {
    path: 'pattern match',
    summary: 'Evaluate a STIX pattern on the observed data of files',
    load: async () => (await import('./commands/pattern-match.ts')).patternMatch,
  },
  {
    path: 'pattern check',
    summary: 'Check a STIX pattern, and show what of it can be looked up',
    load: async () => (await import('./commands/pattern-check.ts')).patternCheck,
  },
  {
    path: 'provenance',
    summary: 'Show who told us of an object, when, and in which answer',
    load: async () => (await import('./commands/provenance.ts')).provenance,
  },
  {
    path: 'store info',
    summary: 'Show where the store is, how large it is and what it holds',
    load: async () => (await import('./commands/store-info.ts')).storeInfo,
  },
  {
    path: 'store quarantine',
    summary: 'List what was received damaged, and versions that came with two contents',
    load: async () => (await import('./commands/store-quarantine.ts')).storeQuarantine,
  },
  {
    path: 'store verify',
    summary: 'Read everything in the store and check that it is what was stored',
    load: async () => (await import('./commands/store-verify.ts')).storeVerify,
  },
  {
    path: 'store reindex',
    summary: 'Make the index of values anew from what is stored',
    load: async () => (await import('./commands/store-reindex.ts')).storeReindex,
  },
  {
    path: 'store prune',
    summary: 'Remove old versions from the store, by age and source',
    load: async () => (await import('./commands/store-prune.ts')).storePrune,
  },
  {
    path: 'store copy',
    summary: 'Copy everything that is stored into a new store of another kind or place',
    load: async () => (await import('./commands/store-copy.ts')).storeCopy,
  },
  {
    path: 'store backup',
    summary: 'Copy the store into a new file while it is in use',
    load: async () => (await import('./commands/store-backup.ts')).storeBackup,
  },
  ...directorCommands,
  {
    path: 'demo',
    summary: 'Show the main job offline, with servers of our own: discover, configure, fetch, go on',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    path: 'help',
    summary: 'Explain a command or a topic: exit-codes, environment, formats',
    load: async () => (await import('./commands/help.ts')).help,
  },
  {
    path: 'completion',
    summary: 'Print the script that completes commands, flags and profile names in a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    path: 'complete',
    summary: 'Answer the completion script of a shell',
    hidden: true,
    load: async () => (await import('./commands/complete.ts')).complete,
  },
]
