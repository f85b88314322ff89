/** @module What a plugin is written against. It depends on zod only; `/di`, `/http` and `/sql` carry more. */
export { definePlugin, type Plugin } from './plugin.ts';
export {
  defineManifest,
  type Capability,
  type Exact,
  type Limits,
  type Manifest,
  type Permission,
  type PermissionName,
  type Role,
} from './manifest.ts';
export type { BooleanFlag, Flag, FlagReader, VariantsFlag } from './flag.ts';
export type { Meter, UsageAmount, UsageQuery, UsageReader } from './meter.ts';
export type { MenuSection, PageDeclaration, UserInterface, WidgetDeclaration } from './user-interface.ts';
export type { Actor, BaseContext, Context, Log } from './context.ts';
export type { FetchInit, Granted, Grants, SqlDatabase } from './grants.ts';
export type {
  Declare,
  Delivery,
  Health,
  PlainRequest,
  PlainResponse,
  Routes,
  TenantChange,
  Wiring,
} from './declare.ts';
export type { CommandIo, CommandOptions, CommandRun, CommandTenant, OutputTable } from './command.ts';

export { parseContractId, type ContractId } from './contract-id.ts';
export {
  method,
  type Awaitable,
  type CallOptions,
  type Client,
  type Implementation,
  type Method,
  type Methods,
} from './method.ts';
export { service, type Service } from './service.ts';
export { extensionPoint, type Contribution, type Entry, type ExtensionPoint } from './extension-point.ts';
export { event, type Envelope, type EventType, type ListenOptions, type Upcaster } from './event.ts';
export { token, type Token } from './token.ts';
export {
  computation,
  type Computation,
  type ComputationOptions,
  type ComputationRun,
  type Compute,
  type ComputeOptions,
} from './computation.ts';
export {
  job,
  type EnqueueOptions,
  type JobBackoff,
  type JobOptions,
  type JobQueue,
  type JobRun,
  type JobType,
} from './job.ts';
export { f64, i32, i64, u16, u32, u8, type Column } from './column.ts';
export type {
  FileAbout,
  FileHandle,
  FileInfo,
  FileKind,
  FileLink,
  FileLinkOptions,
  FilePage,
  FileQuery,
  FileRange,
  FileRef,
  Files,
} from './files.ts';
export { homePanels } from './home.ts';
export { sharedDataset } from './sharing.ts';
export { searchSource, type Search, type SearchEntry, type SearchKind } from './search.ts';
export { notifyChannels } from './notify-channels.ts';
export {
  notification,
  type NotificationCategory,
  type NotificationChannel,
  type NotificationData,
  type NotificationOptions,
  type NotificationRecipients,
  type NotificationSeverity,
  type NotificationType,
  type NotificationValue,
  type NotifyOptions,
} from './notification.ts';

export {
  collection,
  type Collection,
  type CollectionOptions,
  type CollectionType,
  type Condition,
  type Find,
  type IndexFields,
  type Item,
  type Page,
  type Range,
  type Scalar,
  type Seen,
  type Where,
  type Write,
} from './collection.ts';
export type { Erasure, PersonalCategory, PersonalData, Privacy, PrivacySubject } from './privacy.ts';
export type { Identifier } from './subject.ts';
export type { DataSection, TableEntity } from './data.ts';
export type { Migration, MigrationOperation } from './migration.ts';
export { ingestion, type IngestColumns, type Ingestion, type IngestionOptions } from './ingestion.ts';
export { publishedView, viewName, type PublishedView } from './published-view.ts';
export type { ColumnType, SqlColumns, SqlType, SqlValue } from './sql-types.ts';

export {
  PodliftError,
  type ErrorCode,
  type ErrorKind,
  type ErrorOptions,
  type InvalidField,
  type PlatformCode,
} from './errors.ts';
export { text, translate, type Text, type Translations } from './text.ts';
export { parseJson, type BigIntegers, type ParseJsonOptions } from './json.ts';
export { lowestUuidv7, timeOfUuidv7, uuidv7 } from './uuidv7.ts';
