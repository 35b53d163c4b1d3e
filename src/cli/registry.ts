import type { CommandRow } from './command.ts'

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
  {
    path: 'serve',
    summary: 'Serve what is stored as TAXII 1.0, 1.1, 2.0 and 2.1, until stopped',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    path: 'server sync',
    summary: 'Make API roots, collections, services and accounts as a file says',
    load: async () => (await import('./commands/server-sync.ts')).serverSync,
  },
  {
    path: 'server account create',
    summary: 'Make an account for clients of the server',
    load: async () => (await import('./commands/server-account-create.ts')).serverAccountCreate,
  },
  {
    path: 'server account list',
    summary: "List the server's accounts with their rights",
    load: async () => (await import('./commands/server-account-list.ts')).serverAccountList,
  },
  {
    path: 'server account edit',
    summary: "Change an account's rights, its TLP ceiling, or block it",
    load: async () => (await import('./commands/server-account-edit.ts')).serverAccountEdit,
  },
  {
    path: 'server account password',
    summary: 'Give an account another password',
    load: async () => (await import('./commands/server-account-password.ts')).serverAccountPassword,
  },
  {
    path: 'server account delete',
    summary: 'Delete an account; its tokens end at once',
    load: async () => (await import('./commands/server-account-delete.ts')).serverAccountDelete,
  },
  {
    path: 'server api-root list',
    summary: "List the server's API roots (TAXII 2)",
    load: async () => (await import('./commands/server-api-root-list.ts')).serverApiRootList,
  },
  {
    path: 'server api-root create',
    summary: 'Make an API root: a group of collections with a URL of its own',
    load: async () => (await import('./commands/server-api-root-create.ts')).serverApiRootCreate,
  },
  {
    path: 'server api-root edit',
    summary: 'Change an API root; what no flag names stays',
    load: async () => (await import('./commands/server-api-root-edit.ts')).serverApiRootEdit,
  },
  {
    path: 'server api-root delete',
    summary: 'Delete an API root with its collections, and what clients added to them',
    load: async () => (await import('./commands/server-api-root-delete.ts')).serverApiRootDelete,
  },
  {
    path: 'server collection list',
    summary: 'List the collections that are served: what was fetched, and what was made',
    load: async () => (await import('./commands/server-collection-list.ts')).serverCollectionList,
  },
  {
    path: 'server collection create',
    summary: 'Make a collection: storage that clients add to, or a view of what was fetched',
    load: async () => (await import('./commands/server-collection-create.ts')).serverCollectionCreate,
  },
  {
    path: 'server collection edit',
    summary: 'Change how a collection is served; what no flag names stays',
    load: async () => (await import('./commands/server-collection-edit.ts')).serverCollectionEdit,
  },
  {
    path: 'server collection delete',
    summary: 'Delete a collection that was made, with what clients added to it',
    load: async () => (await import('./commands/server-collection-delete.ts')).serverCollectionDelete,
  },
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
  {
    path: 'bridge',
    summary: 'Fetch a feed that the plugin cannot read, serve it, and point Logpoints at us',
    load: async () => (await import('./commands/bridge.ts')).bridge,
  },
  {
    path: 'director directory list',
    summary: 'List the pools, Logpoints and groups that --on takes',
    load: async () => (await import('./commands/director-directory-list.ts')).directorDirectoryList,
  },
  {
    path: 'director directory export',
    summary: 'Write the pools, Logpoints and groups as YAML',
    load: async () => (await import('./commands/director-directory-export.ts')).directorDirectoryExport,
  },
  {
    path: 'director directory import',
    summary: 'Read pools, Logpoints and groups from YAML into a Director profile',
    load: async () => (await import('./commands/director-directory-import.ts')).directorDirectoryImport,
  },
  {
    path: 'director package upload',
    summary: "Upload an application package (.pak) into Director's storage",
    load: async () => (await import('./commands/director-package-upload.ts')).directorPackageUpload,
  },
  {
    path: 'director package list',
    summary: "List the application packages in Director's storage",
    load: async () => (await import('./commands/director-package-list.ts')).directorPackageList,
  },
  {
    path: 'director package trash',
    summary: "Remove an application package from Director's storage",
    load: async () => (await import('./commands/director-package-trash.ts')).directorPackageTrash,
  },
  {
    path: 'director plugin list',
    summary: 'List the plugins that are installed on Logpoints',
    load: async () => (await import('./commands/director-plugin-list.ts')).directorPluginList,
  },
  {
    path: 'director plugin install',
    summary: 'Install an uploaded package on one Logpoint or on many',
    load: async () => (await import('./commands/director-plugin-install.ts')).directorPluginInstall,
  },
  {
    path: 'director plugin uninstall',
    summary: 'Uninstall StixTaxii from one Logpoint or from several',
    load: async () => (await import('./commands/director-plugin-uninstall.ts')).directorPluginUninstall,
  },
  {
    path: 'director certificate upload',
    summary: "Upload certificates and keys into Director's storage, for enrichment sources to name",
    load: async () => (await import('./commands/director-certificate-upload.ts')).directorCertificateUpload,
  },
  {
    path: 'director certificate list',
    summary: "List the certificates and keys in Director's storage",
    load: async () => (await import('./commands/director-certificate-list.ts')).directorCertificateList,
  },
  {
    path: 'director certificate trash',
    summary: "Remove a certificate or key from Director's storage",
    load: async () => (await import('./commands/director-certificate-trash.ts')).directorCertificateTrash,
  },
  {
    path: 'director source create',
    summary: 'Create an enrichment source on one Logpoint or on many',
    load: async () => (await import('./commands/director-source-create.ts')).directorSourceCreate,
  },
  {
    path: 'director source list',
    summary: 'List the enrichment sources of Logpoints',
    load: async () => (await import('./commands/director-source-list.ts')).directorSourceList,
  },
  {
    path: 'director source show',
    summary: 'Show one enrichment source, on one Logpoint or on several',
    load: async () => (await import('./commands/director-source-show.ts')).directorSourceShow,
  },
  {
    path: 'director source edit',
    summary: 'Change an enrichment source on one Logpoint or on several',
    load: async () => (await import('./commands/director-source-edit.ts')).directorSourceEdit,
  },
  {
    path: 'director source delete',
    summary: 'Delete an enrichment source from one Logpoint or from several',
    load: async () => (await import('./commands/director-source-delete.ts')).directorSourceDelete,
  },
  {
    path: 'director source refresh',
    summary: 'Have Director refresh its list of the enrichment sources, which it shows as they were otherwise',
    load: async () => (await import('./commands/director-source-refresh.ts')).directorSourceRefresh,
  },
  {
    path: 'director source status',
    summary: "Show how StixTaxii's last fetch went on Logpoints, and how many entries it has",
    load: async () => (await import('./commands/director-source-status.ts')).directorSourceStatus,
  },
  {
    path: 'director source test',
    summary: 'Try whether an enrichment source will work in a Logpoint: fetch with just the fields that the plugin has',
    load: async () => (await import('./commands/director-source-test.ts')).directorSourceTest,
  },
  {
    path: 'director order show',
    summary: 'Show how a Director order stands',
    load: async () => (await import('./commands/director-order-show.ts')).directorOrderShow,
  },
  {
    path: 'director order wait',
    summary: 'Wait until a Director order has finished',
    load: async () => (await import('./commands/director-order-wait.ts')).directorOrderWait,
  },
  {
    path: 'director emulate',
    summary: 'Run a Director on this machine, to rehearse with',
    load: async () => (await import('./commands/director-emulate.ts')).directorEmulate,
  },
  {
    path: 'init',
    summary: 'Begin a desired state: a commented YAML file for plan and apply',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    path: 'plan',
    summary: 'Show what would have to change for Logpoints to be as a desired state says; nothing is sent',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    path: 'apply',
    summary: 'Make Logpoints be as a desired state says: packages, plugins, certificates, enrichment sources',
    load: async () => (await import('./commands/apply.ts')).apply,
  },
  {
    path: 'drift',
    summary: 'Show where Logpoints are no longer as a desired state says; for a nightly job',
    load: async () => (await import('./commands/drift.ts')).drift,
  },
  {
    path: 'destroy',
    summary: 'Take away everything that a desired state describes or that was made from it',
    load: async () => (await import('./commands/destroy.ts')).destroy,
  },
  {
    path: 'history',
    summary: 'List the runs of apply, destroy and rollback, or the writes of one',
    load: async () => (await import('./commands/history.ts')).history,
  },
  {
    path: 'rollback',
    summary: 'Take back what a run of apply, destroy or rollback did, as far as that is possible',
    load: async () => (await import('./commands/rollback.ts')).rollback,
  },
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
