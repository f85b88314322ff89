/**
 * @module The inside of the plugin contract, for the host and its tools. It is not under semver: plugins do not import it.
 *
 * The host talks to a kernel through a Link (`declare`, `invoke`, `stop`), and the kernel talks to the host through another
 * one with the single method `ask`: `{ cap, name, input }`. All of it is plain data, so that a link may cross processes.
 *
 * | ask | input | answer |
 * |---|---|---|
 * | `log` | `{ level, message, data? }` | |
 * | `secret` | `{ name }` | the text |
 * | `fetch` | `{ url, method?, headers?, body?, auth? }` | WireResponse |
 * | `collection.get` | `{ name, id }` | an item or null |
 * | `collection.find` | `{ name, where?, orderBy?, after?, limit? }` | `{ items, next? }` |
 * | `collection.write` | `{ name, writes: PlainWrite[] }` | |
 * | `ingest` | `{ name, columns }` | one boolean per row |
 * | `enqueue` | `{ job, data, key?, delayMs?, priority? }` | |
 * | `emit` | `{ type, payload, key? }` | |
 * | `notify` | `{ kind, to, data, key? }` | |
 * | `entries` | `{ point }` | ListedEntry[] |
 * | `call` | `{ target, input }` | the method's output |
 * | `file.put`, `file.get`, `file.exists` | `{ bytes, type, name }`, `{ digest }` | `{ digest, size }`, bytes, boolean |
 * | `progress` | `{ done, total }` of a job | |
 * | `compute` | `{ name }`: may it begin? The plugin's own runtime computes | |
 * | `io` | `{ kind: 'progress' \| 'line' \| 'table', … }` of a command | |
 */
export { createKernel, type Invocation, type Kernel } from './kernel.ts';
export { directLink, type Handle, type Link, type Local } from './link.ts';
export { Cancel, settle } from './cancel.ts';
export type { CallHeader } from './call.ts';
export type { ComputeRequest, RunComputation } from './computation.ts';
export type { ListedEntry, PlainWrite } from './context/index.ts';
export type { JobFacts } from './declare/index.ts';
export { target } from './target.ts';
export type {
  Declaration,
  DeclaredCommand,
  DeclaredComputation,
  DeclaredContribution,
  DeclaredEvent,
  DeclaredJob,
  DeclaredMethod,
  DeclaredService,
} from './declaration.ts';
export {
  describePlugin,
  recordPlugin,
  type DescribedCollection,
  type DescribedData,
  type DescribedMethod,
  type DescribedNotification,
  type DescribedTable,
  type PluginJson,
} from './plugin-json.ts';
export { fingerprint, stableJson } from './fingerprint.ts';
export { manifestProblems } from './check-manifest.ts';
export { errorData, errorFrom, type ErrorData } from './error-data.ts';
export { STATUS_OF_KIND } from '../errors.ts';
export { invalidFields, parsed } from './parse.ts';
export {
  requestFromWire,
  responseFromWire,
  responseToWire,
  type WireBody,
  type WireRequest,
  type WireResponse,
} from './wire-http.ts';
export { carry } from './wire/carry.ts';
export { columnType, COLUMN_TYPES, type AnyColumn } from './wire/columns.ts';
export { pack, unpack, type Found, type Parts } from './wire/pack.ts';
export { fromJson, toJson } from './wire/json.ts';
export { freezeDeep } from './strict.ts';
export { localViewName, pluginSchema, viewOwner } from '../published-view.ts';
