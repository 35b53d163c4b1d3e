/**
 * stixtaxii as a library. What is exported here is the public interface; other modules may change without notice.
 *
 * Nothing here touches the process: clock, randomness, secrets and the place of the store are given by the caller.
 */
export { cancelled, exitStatusOfKind, isTemporary, StixTaxiiError } from './core/errors.ts'
export type { ErrorContext, ErrorDetails, ErrorKind } from './core/errors.ts'
export type { Notice, NoticeSink } from './core/notice.ts'
export type {
  Clock,
  CredentialStore,
  Http,
  HttpHeaders,
  HttpRequest,
  HttpResponse,
  StreamedBody,
} from './core/ports.ts'
export { printable } from './core/printable.ts'
export { redactUrl } from './core/redact.ts'
export { Secret } from './core/secret.ts'
export { beforeInstant, durationMs, formatDuration, parseDuration, parseInstant } from './core/duration.ts'
export type { Duration } from './core/duration.ts'
export { timestampKey } from './core/timestamp.ts'

export { openHttp } from './http/open.ts'
export type {
  AccessRule,
  Authentication,
  ClientCertificate,
  HttpLimits,
  HttpOptions,
  ProxyOptions,
  RateLimit,
  RetryOptions,
  TlsOptions,
} from './http/options.ts'

export { describeObject, isDamaged } from './stix/describe.ts'
export type { ContentBlock, Damaged, Item, StixObject } from './stix/item.ts'

export { connectTaxii } from './taxii/connect.ts'
export { findPreset, presetNames } from './taxii/presets/registry.ts'
export type {
  ApiRoot,
  Collection,
  ContentBinding,
  Discovery,
  InboxBlock,
  Job,
  JobDetail,
  ManifestEntry,
  Match,
  Page,
  PollCount,
  PollPosition,
  PollRequest,
  Received,
  Service,
  Subscription,
  SubscriptionAction,
  Taxii1Operations,
  Taxii2Operations,
  TaxiiClient,
  TaxiiFeatures,
  TaxiiVersion,
} from './taxii/client.ts'
export { taxiiVersions } from './taxii/client.ts'
export type { Preset, Repair, TaxiiDependencies, TaxiiSettings } from './taxii/settings.ts'

export { openStore } from './store/registry.ts'
export type { StoreDependencies } from './store/registry.ts'
export type {
  Checkpoint,
  CheckpointMove,
  CollectionInfo,
  CollectionKey,
  Conflict,
  Counts,
  HalfRun,
  LockHolder,
  PageBatch,
  PagePart,
  PageRecord,
  Provenance,
  PruneRequest,
  Quarantined,
  Run,
  RunEnd,
  RunStart,
  SourceLock,
  SourceRef,
  Store,
  StoreFeatures,
  StoreInfo,
  StoredVersion,
  VerifyReport,
  VersionFilter,
} from './store/store.ts'

export { fetchSource } from './fetch/engine.ts'
export type { FetchDependencies, FetchProgress, FetchRequest, FetchResult, FetchSource } from './fetch/fetch.ts'

export { createDirectorClient } from './director/open-client.ts'
export type { DirectorClientOptions } from './director/open-client.ts'
export { parseOrderPath } from './director/orders.ts'
export type { OrderOutcome, OrderPath, OrderReading } from './director/orders.ts'
export { waitForOrder } from './director/wait-for-order.ts'
export type { Poll, WaitOptions } from './director/wait-for-order.ts'
export { createSource, deleteSource, editSource, refreshSources } from './director/source-changes.ts'
export type { ChangeParts, CreateRequest, EditRequest, SourceChange } from './director/source-changes.ts'
export { compareSources } from './director/compare-sources.ts'
export type { Comparison, KnownFields } from './director/compare-sources.ts'
export { completeEdit } from './director/complete-edit.ts'
export type { CompletedEdit, SourceChanges } from './director/complete-edit.ts'
export type {
  Accepted,
  CallOptions,
  DirectorClient,
  InstallRequest,
  Logpoint,
  Plugin,
  Pool,
  Storage,
  UploadFile,
  UploadOptions,
} from './director/client.ts'
export type { EnrichmentSource, FetchStatus, FieldDifference, ListedSource } from './director/enrichment-source.ts'

export { startServer } from './workflow/open-server.ts'
export type { RunningServer, ServerDependencies, ServerOptions } from './workflow/open-server.ts'
export type { ConnectionCounts } from './serve/connections.ts'
export { defaultServeSettings } from './serve/default-settings.ts'
export type { ListenLimits } from './serve/listen.ts'
export type { ServeSettings } from './serve/parts.ts'
export { logLevels } from './serve/server-log.ts'
export type { LogFields, LogLevel, ServerLog } from './serve/server-log.ts'
export type { TlsFiles } from './serve/server-tls.ts'
export { readServeConfiguration } from './serve/configuration/read.ts'
export type { NamedModule, ServeConfiguration } from './serve/configuration/configuration.ts'
export { openServeModules } from './serve/configuration/open-modules.ts'
export type { ModuleDependencies, ModuleParts, OpenedModules } from './serve/configuration/open-modules.ts'

export { openStoreAuthentication } from './serve/auth/store-authentication.ts'
export { tlpLevels } from './serve/authentication.ts'
export type {
  Account,
  Authentication as ServerAuthentication,
  Permissions,
  Taxii1Right,
  Taxii2Right,
  TlpLevel,
} from './serve/authentication.ts'
export { openStorePersistence } from './serve/persistence/open.ts'
export type { StorePersistence } from './serve/persistence/open.ts'
export type {
  BlockFilter,
  ContentBindingEntity,
  ContentBlockEntity,
  InboxMessageEntity,
  NewContentBlock,
  NewInboxMessage,
  ResultSetEntity,
  ServiceEntity,
  ServiceProperties,
  ServiceType,
  SubscriptionEntity,
  Taxii1Collection,
  Taxii1CollectionChange,
  Taxii1Persistence,
} from './serve/taxii1-persistence.ts'
export type {
  ApiRoot as ServedApiRoot,
  ApiRootChange,
  Job as ServedJob,
  JobDetail as ServedJobDetail,
  ManifestRecord,
  ObjectFilter,
  ObjectPage,
  PageKey,
  StixObjectRecord,
  Taxii2Collection,
  Taxii2CollectionChange,
  Taxii2Persistence,
  VersionRecord,
} from './serve/taxii2-persistence.ts'
export { signalNames } from './serve/signals.ts'
export type { Listener as SignalListener, OnSignal, Signal, SignalPayloads, Signals } from './serve/signals.ts'
