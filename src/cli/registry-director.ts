import type { CommandRow } from './command.ts'

/** What is about Director and Logpoints in `commandRegistry`, in the order of help. */
export const directorCommands: readonly CommandRow[] = [
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
]
