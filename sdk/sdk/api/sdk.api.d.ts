// The public types of @podlift/sdk. Made by scripts/api-report.ts; a change here is a change for every plugin.

// ---- index.d.ts
export { definePlugin, type Plugin } from './plugin.ts';
export { defineManifest, type Capability, type Exact, type Limits, type Manifest, type Permission, type PermissionName, type Role, } from './manifest.ts';
export type { BooleanFlag, Flag, FlagReader, VariantsFlag } from './flag.ts';
export type { Meter, UsageAmount, UsageQuery, UsageReader } from './meter.ts';
export type { MenuSection, PageDeclaration, UserInterface, WidgetDeclaration } from './user-interface.ts';
export type { Actor, BaseContext, Context, Log } from './context.ts';
export type { FetchInit, Granted, Grants, SqlDatabase } from './grants.ts';
export type { Declare, Delivery, Health, PlainRequest, PlainResponse, Routes, TenantChange, Wiring, } from './declare.ts';
export type { CommandIo, CommandOptions, CommandRun, CommandTenant, OutputTable } from './command.ts';
export { parseContractId, type ContractId } from './contract-id.ts';
export { method, type Awaitable, type CallOptions, type Client, type Implementation, type Method, type Methods, } from './method.ts';
export { service, type Service } from './service.ts';
export { extensionPoint, type Contribution, type Entry, type ExtensionPoint } from './extension-point.ts';
export { event, type Envelope, type EventType, type ListenOptions, type Upcaster } from './event.ts';
export { token, type Token } from './token.ts';
export { computation, type Computation, type ComputationOptions, type ComputationRun, type Compute, type ComputeOptions, } from './computation.ts';
export { job, type EnqueueOptions, type JobBackoff, type JobOptions, type JobQueue, type JobRun, type JobType, } from './job.ts';
export { f64, i32, i64, u16, u32, u8, type Column } from './column.ts';
export type { FileAbout, FileHandle, FileInfo, FileKind, FileLink, FileLinkOptions, FilePage, FileQuery, FileRange, FileRef, Files, } from './files.ts';
export { homePanels } from './home.ts';
export { sharedDataset } from './sharing.ts';
export { searchSource, type Search, type SearchEntry, type SearchKind } from './search.ts';
export { notifyChannels } from './notify-channels.ts';
export { notification, type NotificationCategory, type NotificationChannel, type NotificationData, type NotificationOptions, type NotificationRecipients, type NotificationSeverity, type NotificationType, type NotificationValue, type NotifyOptions, } from './notification.ts';
export { collection, type Collection, type CollectionOptions, type CollectionType, type Condition, type Find, type IndexFields, type Item, type Page, type Range, type Scalar, type Seen, type Where, type Write, } from './collection.ts';
export type { Erasure, PersonalCategory, PersonalData, Privacy, PrivacySubject } from './privacy.ts';
export type { Identifier } from './subject.ts';
export type { DataSection, TableEntity } from './data.ts';
export type { Migration, MigrationOperation } from './migration.ts';
export { ingestion, type IngestColumns, type Ingestion, type IngestionOptions } from './ingestion.ts';
export { publishedView, viewName, type PublishedView } from './published-view.ts';
export type { ColumnType, SqlColumns, SqlType, SqlValue } from './sql-types.ts';
export { PodliftError, type ErrorCode, type ErrorKind, type ErrorOptions, type InvalidField, type PlatformCode, } from './errors.ts';
export { text, translate, type Text, type Translations } from './text.ts';
export { parseJson, type BigIntegers, type ParseJsonOptions } from './json.ts';
export { lowestUuidv7, timeOfUuidv7, uuidv7 } from './uuidv7.ts';

// ---- di/index.d.ts
import 'reflect-metadata';
import type { Wiring } from '../declare.ts';
import type { Token } from '../token.ts';
type Tokens<A extends readonly unknown[]> = {
    readonly [K in keyof A]: Token<A[K]>;
};
type Constructor = new (...args: unknown[]) => unknown;
export interface Provided {
    readonly token: Token<unknown>;
    readonly create: Constructor;
    readonly dependencies: readonly Token<unknown>[];
}
export declare function provide<A extends unknown[], T>(token: Token<T>, create: new (...args: A) => T, dependencies: Tokens<A>): Provided;
export declare const classes: (...provided: readonly Provided[]) => () => Wiring;

// ---- http/index.d.ts
import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { Routes } from '../declare.ts';
import type { PermissionName } from '../manifest.ts';
export { z } from '@hono/zod-openapi';
export interface Env<X> {
    Bindings: {
        ctx: X;
    };
    Variables: {
        ctx: X;
    };
}
export type App<X> = OpenAPIHono<Env<X>>;
export interface RouteRules {
    readonly 'x-permission': PermissionName | 'public' | 'signed-in';
    readonly 'x-tenant'?: 'required' | 'optional';
    readonly 'x-body-limit'?: number;
    readonly 'x-timeout-ms'?: number;
    readonly 'x-rate-per-minute'?: number;
    readonly 'x-cors'?: 'open';
    readonly 'x-idempotency'?: 'off';
}
export type RouteOptions = RouteConfig & RouteRules;
export declare const route: <const P extends string, const R extends RouteOptions & {
    path: P;
}>(config: R) => R & {
    getRoutingPath(): R["path"] extends infer T ? T extends R["path"] ? T extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${Rest extends `${infer Start}/{${infer Param}}${infer Rest}` ? `${Start}/:${Param}${any}` : Rest}` : Rest}` : Rest}` : Rest}` : Rest}` : Rest}` : Rest}` : Rest}` : Rest}` : Rest}` : T : never : never;
};
export declare const json: <S>(schema: S, description: string) => {
    content: {
        'application/json': {
            schema: S;
        };
    };
    description: string;
};
export declare function openapi<X>(build: (app: App<X>) => void): Routes<X>;

// ---- sql/index.d.ts
export { migration, type SchemaBuilder } from './migration.ts';
export { count, rollup, sum, type DimensionType, type Measure, type Pending, type Rollup, type RollupDifference, type RollupOptions, type RollupQuery, type RollupRow, type RollupTime, type Span, } from './rollup/index.ts';
export { tenantEntity, type ReadableEntity, type TenantEntityOptions } from './tenant-entity.ts';
export type { ForeignKey, Index, IngestFunction, Migration, MigrationOperation, Table, ViewOperation, } from '../migration.ts';

// ---- collection.d.ts
import type { z } from 'zod';
import type { Privacy } from './privacy.ts';
export type Scalar = string | number | bigint | boolean | Date;
type FieldOf<S extends z.ZodObject> = keyof z.output<S> & string;
export type IndexFields<F extends string = string> = F | readonly F[];
export interface CollectionType<S extends z.ZodObject = z.ZodObject, I extends string = string> {
    readonly kind: 'collection';
    readonly schema: S;
    readonly indexes: readonly (readonly I[])[];
    readonly unique: readonly (readonly I[])[];
    readonly privacy: Readonly<Record<string, Privacy>>;
}
type Flat<T> = T extends readonly (infer F)[] ? Flat<F> : T;
export interface CollectionOptions<S extends z.ZodObject, X extends readonly IndexFields<FieldOf<S>>[], U extends readonly IndexFields<FieldOf<S>>[]> {
    readonly indexes?: X;
    readonly unique?: U;
    readonly privacy: 'none' | {
        readonly [K in FieldOf<S>]: Privacy;
    };
}
export declare function collection<S extends z.ZodObject, const X extends readonly IndexFields<FieldOf<S>>[] = readonly [], const U extends readonly IndexFields<FieldOf<S>>[] = readonly []>(schema: S, options: CollectionOptions<S, X, U>): CollectionType<S, Extract<Flat<X | U>, string>>;
export interface Item<S extends z.ZodObject> {
    readonly id: string;
    readonly version: number;
    readonly createdAt: Date;
    readonly updatedAt: Date;
    readonly value: z.output<S>;
}
export interface Range<V> {
    readonly gt?: V;
    readonly gte?: V;
    readonly lt?: V;
    readonly lte?: V;
}
export type Condition<V> = V | {
    readonly in: readonly V[];
} | Range<V>;
type Comparable<T> = Extract<T, Scalar> | (null extends T ? null : undefined extends T ? null : never);
export type Where<S extends z.ZodObject, I extends string> = {
    readonly [K in I]?: K extends keyof z.output<S> ? Condition<Comparable<z.output<S>[K]>> : never;
};
export interface Find<S extends z.ZodObject = z.ZodObject, I extends string = string> {
    readonly where?: Where<S, I>;
    readonly orderBy?: {
        readonly field: I | 'createdAt' | 'updatedAt';
        readonly direction?: 'asc' | 'desc';
    };
    readonly after?: string;
    readonly limit?: number;
}
export interface Page<T> {
    readonly items: readonly T[];
    readonly next?: string;
}
export interface Seen {
    readonly version?: number;
}
export type Write<S extends z.ZodObject = z.ZodObject> = {
    readonly op: 'insert';
    readonly value: z.input<S>;
    readonly id?: string;
} | ({
    readonly op: 'upsert';
    readonly id: string;
    readonly value: z.input<S>;
} & Seen) | ({
    readonly op: 'update';
    readonly id: string;
    readonly patch: Partial<z.input<S>>;
} & Seen) | ({
    readonly op: 'delete';
    readonly id: string;
} & Seen);
export interface Collection<S extends z.ZodObject = z.ZodObject, I extends string = string> {
    get(id: string): Promise<Item<S> | undefined>;
    find(query?: Find<S, I>): Promise<Page<Item<S>>>;
    insert(value: z.input<S>, options?: {
        readonly id?: string;
    }): Promise<string>;
    upsert(id: string, value: z.input<S>, options?: Seen): Promise<void>;
    update(id: string, patch: Partial<z.input<S>>, options?: Seen): Promise<void>;
    delete(id: string, options?: Seen): Promise<void>;
    batch(writes: readonly Write<S>[]): Promise<readonly string[]>;
}

// ---- column.d.ts
import { z } from 'zod';
export type Column<A> = Readonly<Omit<A, 'set' | 'fill' | 'sort' | 'reverse' | 'copyWithin' | 'buffer' | 'valueOf'>>;
export declare const f64: () => z.ZodCustom<Readonly<Omit<Float64Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>, Readonly<Omit<Float64Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>>;
export declare const i32: () => z.ZodCustom<Readonly<Omit<Int32Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>, Readonly<Omit<Int32Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>>;
export declare const u32: () => z.ZodCustom<Readonly<Omit<Uint32Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>, Readonly<Omit<Uint32Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>>;
export declare const u16: () => z.ZodCustom<Readonly<Omit<Uint16Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>, Readonly<Omit<Uint16Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>>;
export declare const u8: () => z.ZodCustom<Readonly<Omit<Uint8Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>, Readonly<Omit<Uint8Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>>;
export declare const i64: () => z.ZodCustom<Readonly<Omit<BigInt64Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>, Readonly<Omit<BigInt64Array<ArrayBufferLike>, "buffer" | "copyWithin" | "fill" | "reverse" | "set" | "sort" | "valueOf">>>;

// ---- command.d.ts
import type { z } from 'zod';
import type { Awaitable } from './method.ts';
export interface CommandTenant {
    readonly slug: string;
    readonly name: string;
    readonly disposable?: boolean;
}
export interface CommandOptions<S extends z.ZodObject = z.ZodObject> {
    readonly name: string;
    readonly description: string;
    readonly options: S;
    readonly tenant?: CommandTenant;
    readonly onFirstStart?: boolean;
}
export interface OutputTable {
    readonly title?: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (string | number)[])[];
}
export interface CommandIo {
    progress(label: string, done: number, total: number): void;
    line(text: string): void;
    table(table: OutputTable): void;
}
export type CommandRun<S extends z.ZodObject, X> = (options: z.output<S>, ctx: X, io: CommandIo) => Awaitable<void>;

// ---- computation.d.ts
import type { z } from 'zod';
import type { Awaitable } from './method.ts';
export interface ComputationOptions {
    readonly timeoutMs?: number;
    readonly memoryMb?: number;
}
export interface Computation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> extends ComputationOptions {
    readonly kind: 'computation';
    readonly name: string;
    readonly input: I;
    readonly output: O;
}
export declare const computation: <I extends z.ZodType, O extends z.ZodType>(name: string, input: I, output: O, options?: ComputationOptions) => Computation<I, O>;
export interface ComputationRun {
    progress(done: number, total: number): void;
}
export type Compute<C extends Computation> = (input: z.output<C['input']>, run: ComputationRun) => Awaitable<z.input<C['output']>>;
export interface ComputeOptions {
    readonly transfer?: boolean;
}

// ---- context.d.ts
import type { z } from 'zod';
import type { Computation, ComputeOptions } from './computation.ts';
import type { EventType } from './event.ts';
import type { Entry, ExtensionPoint } from './extension-point.ts';
import type { FlagReader } from './flag.ts';
import type { Field, Granted, Items } from './grants.ts';
import type { Manifest } from './manifest.ts';
import type { Client, Methods } from './method.ts';
import type { NotificationType, NotifyOptions } from './notification.ts';
import type { Search } from './search.ts';
import type { Service } from './service.ts';
import type { Token } from './token.ts';
export interface Actor {
    readonly kind: 'user' | 'key' | 'system';
    readonly id: string;
}
export interface Log {
    debug(message: string, data?: object): void;
    info(message: string, data?: object): void;
    warn(message: string, data?: object): void;
    error(message: string, data?: object): void;
}
type Clients<R> = R extends Readonly<Record<string, Service>> ? {
    readonly [K in keyof R]: R[K] extends Service<infer M> ? Client<M> : never;
} : unknown;
type Emits<M extends Manifest> = Extract<Items<Field<M, 'emits'>>, EventType>;
type Notifies<M extends Manifest> = Extract<Items<Field<M, 'notifications'>>, NotificationType>;
type Opens<M extends Manifest> = Extract<Items<Field<M, 'opens'>>, ExtensionPoint>;
type EntriesOf<P> = P extends ExtensionPoint<infer D, infer M extends Methods> ? Entry<D, M> : never;
type SettingsOf<M> = Field<M, 'settings'> extends infer S extends z.ZodType ? z.output<S> : object;
export interface BaseContext<M extends Manifest> {
    readonly tenant: string;
    readonly actor: Actor;
    readonly trace: string;
    readonly signal: AbortSignal;
    readonly deadline: number;
    readonly log: Log;
    readonly settings: SettingsOf<M>;
    readonly flags: FlagReader<Field<M, 'flags'>>;
    readonly services: Clients<Field<M, 'requires'>> & Partial<Clients<Field<M, 'optional'>>>;
    now(): Date;
    emit<E extends Emits<M>>(type: E, payload: z.input<E['schema']>, options?: {
        readonly key?: string;
    }): Promise<void>;
    notify<N extends Notifies<M>>(type: N, options: NotifyOptions<N['data']>): Promise<void>;
    meter(name: keyof Field<M, 'meters'> & string, amount: number): Promise<void>;
    readonly search: Search<keyof Field<M, 'search'> & string>;
    entries<P extends Opens<M>>(point: P): Promise<readonly EntriesOf<P>[]>;
    compute<I extends z.ZodType, O extends z.ZodType>(computation: Computation<I, O>, input: z.input<I>, options?: ComputeOptions): Promise<z.output<O>>;
    get<T>(token: Token<T>): T;
}
export type Context<M extends Manifest> = BaseContext<M> & Granted<M>;

// ---- contract-id.d.ts
export type ContractId = `${string}@${number}`;
export declare function parseContractId(id: string): {
    readonly name: string;
    readonly major: number;
};
export declare function withMajor(id: ContractId, major: number): ContractId;

// ---- data.d.ts
import type { Ingestion } from './ingestion.ts';
import type { Migration } from './migration.ts';
import type { PublishedView } from './published-view.ts';
export declare const ENTITY_MANAGER: unique symbol;
export interface TableEntity<out EM = unknown> {
    readonly [ENTITY_MANAGER]?: EM;
    readonly '~entity': unknown;
}
export interface DataSection {
    readonly entities?: readonly TableEntity[];
    readonly migrations?: readonly Migration[];
    readonly publishes?: readonly PublishedView[];
    readonly reads?: readonly PublishedView[];
    readonly ingest?: readonly Ingestion[];
}

// ---- declare.d.ts
import type { z } from 'zod';
import type { CommandOptions, CommandRun } from './command.ts';
import type { Computation } from './computation.ts';
import type { Envelope, EventType, ListenOptions } from './event.ts';
import type { Contribution, ExtensionPoint } from './extension-point.ts';
import type { JobRun, JobType } from './job.ts';
import type { Awaitable, Implementation, Methods } from './method.ts';
import type { Service } from './service.ts';
import type { Identifier } from './subject.ts';
export interface Routes<in X> {
    fetch(request: Request, ctx: X): Awaitable<Response>;
    document(): object;
    plain?(request: PlainRequest, ctx: X): Awaitable<PlainResponse> | undefined;
}
export interface PlainRequest {
    readonly url: string;
    readonly method: string;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
}
export interface PlainResponse {
    readonly status: number;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly body: Uint8Array | null;
}
export interface Wiring {
    resolve(id: string): unknown;
    dispose(): Promise<void>;
}
export type Health = {
    readonly ok: true;
} | {
    readonly ok: false;
    readonly reason: string;
};
export type TenantChange = 'enable' | 'disable' | 'purge';
export interface Delivery<P> {
    readonly payload: P;
    readonly envelope: Envelope;
}
export interface Declare<X> {
    readonly contribute: <D extends z.ZodObject, M extends Methods>(point: ExtensionPoint<D, M>, entry: Contribution<D, M, X>) => void;
    readonly provide: <M extends Methods>(service: Service<M>, implementation: Implementation<M, X>) => void;
    readonly on: <P extends z.ZodType>(event: EventType<P>, handle: (payload: z.output<P>, ctx: X, envelope: Envelope) => Awaitable<void>, options?: ListenOptions) => void;
    readonly onBatch: <P extends z.ZodType>(event: EventType<P>, handle: (items: readonly Delivery<z.output<P>>[], ctx: X) => Awaitable<void>, options?: ListenOptions) => void;
    readonly job: <S extends z.ZodType>(job: JobType<S>, run: (data: z.output<S>, ctx: X, run: JobRun) => Awaitable<void>) => void;
    readonly computation: (computation: Computation, module: URL) => void;
    readonly routes: (routes: Routes<X>) => void;
    readonly use: (wiring: () => Wiring) => void;
    readonly health: (check: (ctx: X) => Awaitable<Health>) => void;
    readonly onTenant: (change: TenantChange, run: (ctx: X) => Awaitable<void>) => void;
    readonly subject: (name: (known: readonly Identifier[], ctx: X) => Awaitable<readonly Identifier[]>) => void;
    readonly command: <S extends z.ZodObject>(command: CommandOptions<S>, run: CommandRun<S, X>) => void;
}

// ---- errors.d.ts
export type PlatformCode = 'aborted' | 'call_ended' | 'call_too_deep' | 'capability_denied' | 'conflict' | 'contract_violated' | 'deadline_exceeded' | 'declaration_mismatch' | 'input_mutated' | 'invalid_contract' | 'invalid_input' | 'invalid_plugin' | 'limit_exceeded' | 'malformed_body' | 'not_awaited' | 'not_found' | 'not_granted' | 'not_wireable' | 'plugin_busy' | 'plugin_crashed' | 'plugin_failed' | 'quota_exceeded' | 'transaction_open' | 'upstream_failed';
export type ErrorCode = PlatformCode | `${string}.${string}`;
export type ErrorKind = 'invalid' | 'forbidden' | 'missing' | 'conflict' | 'unavailable' | 'limit' | 'payment';
export declare const STATUS_OF_KIND: {
    readonly invalid: 422;
    readonly forbidden: 403;
    readonly missing: 404;
    readonly conflict: 409;
    readonly unavailable: 503;
    readonly limit: 429;
    readonly payment: 402;
};
export interface ErrorOptions {
    readonly kind?: ErrorKind;
    readonly cause?: unknown;
    readonly details?: unknown;
}
export declare class PodliftError extends Error {
    readonly name = "PodliftError";
    readonly code: string;
    readonly kind?: ErrorKind;
    readonly details?: unknown;
    constructor(code: ErrorCode, message: string, options?: ErrorOptions);
    static invalidContract(id: string, why: string): PodliftError;
    static invalidPlugin(plugin: string, why: string, details?: unknown): PodliftError;
    static invalidInput(what: string, issues: readonly InvalidField[]): PodliftError;
    static malformedBody(why: string): PodliftError;
    static callEnded(what: string): PodliftError;
    static denied(plugin: string, what: string): PodliftError;
    static notFound(what: string): PodliftError;
    static deadline(what: string, ms: number): PodliftError;
    static notWireable(path: string, what: string): PodliftError;
    static violated(who: string, what: string, cause: unknown): PodliftError;
}
export interface InvalidField {
    readonly in?: 'body' | 'query' | 'path' | 'header' | 'cookie';
    readonly path: readonly string[];
    readonly message: string;
}

// ---- event.d.ts
import type { z } from 'zod';
import { type ContractId } from './contract-id.ts';
import type { PermissionName } from './manifest.ts';
export type Upcaster = (payload: unknown) => unknown;
export interface EventType<P extends z.ZodType = z.ZodType> {
    readonly kind: 'event';
    readonly id: ContractId;
    readonly schema: P;
    readonly upcast: Readonly<Record<number, Upcaster>>;
    readonly permission?: PermissionName;
}
export interface Envelope {
    readonly id: string;
    readonly type: ContractId;
    readonly time: Date;
    readonly source: string;
    readonly key?: string;
    readonly attempt: number;
    readonly tenant: string;
    readonly replay?: string;
}
export interface ListenOptions {
    readonly replay?: 'allow' | 'refuse';
}
export declare function event<P extends z.ZodType>(id: ContractId, schema: P, options?: {
    readonly upcast?: Readonly<Record<number, Upcaster>>;
    readonly permission?: PermissionName;
}): EventType<P>;

// ---- extension-point.d.ts
import type { z } from 'zod';
import type { ContractId } from './contract-id.ts';
import type { Client, Implementation, Methods } from './method.ts';
export interface ExtensionPoint<D extends z.ZodObject = z.ZodObject, M extends Methods = Methods> {
    readonly kind: 'point';
    readonly id: ContractId;
    readonly data: D;
    readonly methods: M;
}
export declare const extensionPoint: <D extends z.ZodObject, const M extends Methods>(id: ContractId, data: D, methods: M) => ExtensionPoint<D, M>;
type Fields<T> = string extends keyof T ? unknown : T;
export type Contribution<D extends z.ZodObject, M extends Methods, X> = {
    readonly id: string;
} & Fields<z.input<D>> & Implementation<M, X>;
export type Entry<D extends z.ZodObject, M extends Methods> = {
    readonly id: string;
    readonly plugin: string;
} & Fields<z.output<D>> & Client<M>;

// ---- files.d.ts
import type { Privacy } from './privacy.ts';
import type { Text } from './text.ts';
export interface FileKind {
    readonly title?: Text;
    readonly privacy: Privacy;
    readonly retentionDays?: number;
    readonly maxBytes?: number;
    readonly listed?: boolean;
    readonly upload?: boolean;
}
export interface FileHandle {
    readonly id: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly mediaType: string;
}
export interface FileInfo extends FileHandle {
    readonly kind: string;
    readonly name: string;
    readonly subject?: string;
    readonly createdAt: Date;
    readonly expiresAt?: Date;
}
export interface FileAbout {
    readonly name: string;
    readonly mediaType: string;
    readonly subject?: string;
    readonly sha256?: string;
}
export interface FileRange {
    readonly start: number;
    readonly end?: number;
}
export type FileRef = string | {
    readonly id: string;
};
export interface FileLinkOptions {
    readonly expiresIn?: number;
    readonly disposition?: 'inline' | 'attachment';
}
export interface FileLink {
    readonly url: string;
    readonly expiresAt: Date;
}
export interface FileQuery<K extends string = string> {
    readonly kind?: K;
    readonly cursor?: string;
    readonly limit?: number;
}
export interface FilePage {
    readonly items: readonly FileInfo[];
    readonly next?: string;
}
export interface Files<K extends string = string> {
    put(kind: K, content: Uint8Array | ReadableStream<Uint8Array>, about: FileAbout): Promise<FileHandle>;
    stat(file: FileRef): Promise<FileInfo | undefined>;
    open(file: FileRef, range?: FileRange): Promise<ReadableStream<Uint8Array>>;
    read(file: FileRef, options?: {
        readonly maxBytes?: number;
    }): Promise<Uint8Array>;
    list(query?: FileQuery<K>): Promise<FilePage>;
    delete(file: FileRef): Promise<void>;
    link(file: FileRef, options?: FileLinkOptions): Promise<FileLink>;
}

// ---- flag.d.ts
import type { Text } from './text.ts';
interface FlagBasics {
    readonly description: Text;
    readonly override?: 'operator' | 'tenant';
}
export interface BooleanFlag extends FlagBasics {
    readonly type: 'boolean';
    readonly default?: boolean;
}
export interface VariantsFlag extends FlagBasics {
    readonly type: 'variants';
    readonly variants: readonly [string, ...string[]];
    readonly default: string;
}
export type Flag = BooleanFlag | VariantsFlag;
type Named<F, T extends Flag['type']> = {
    [K in keyof F]: F[K] extends {
        readonly type: T;
    } ? K : never;
}[keyof F] & string;
export interface FlagReader<F> {
    enabled(name: Named<F, 'boolean'>): boolean;
    variant<N extends Named<F, 'variants'>>(name: N): F[N & keyof F] extends {
        readonly variants: readonly (infer V)[];
    } ? V : never;
}

// ---- grants.d.ts
import type { Collection, CollectionType } from './collection.ts';
import type { TableEntity } from './data.ts';
import type { Files } from './files.ts';
import type { IngestColumns, Ingestion } from './ingestion.ts';
import type { EnqueueOptions, JobType } from './job.ts';
import type { BigIntegers } from './json.ts';
import type { Capability, Manifest } from './manifest.ts';
import type { UsageReader } from './meter.ts';
import type { z } from 'zod';
export type Field<M, K extends string> = M extends {
    readonly [P in K]: infer V;
} ? V : undefined;
export type Items<T> = T extends readonly (infer I)[] ? I : never;
export interface FetchInit {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
    readonly signal?: AbortSignal;
    readonly auth?: {
        readonly secret: string;
        readonly scheme?: string;
    };
    readonly idempotent?: boolean;
    readonly integers?: BigIntegers;
}
export interface SqlDatabase<EM = never> {
    query<T extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<T[]>;
    em(): Promise<EM>;
    readonly tenant: string;
}
type Collections<M> = Field<M, 'collections'> extends infer C ? {
    readonly [K in keyof C]: C[K] extends CollectionType<infer S, infer I> ? Collection<S, I> : never;
} : never;
type Entities<M> = Items<Field<Field<M, 'data'>, 'entities'>>;
type EntityManagerOf<T> = T extends TableEntity<infer EM> ? EM : never;
type IngestionsOf<M> = Extract<Items<Field<Field<M, 'data'>, 'ingest'>>, Ingestion>;
export interface Grants<M extends Manifest> {
    'net:fetch': {
        fetch(url: string | URL, init?: FetchInit): Promise<Response>;
    };
    'secrets:read': {
        secret(name: Items<Field<M, 'secrets'>> & string): Promise<string>;
    };
    'data:collections': {
        readonly collections: Collections<M>;
    };
    'data:sql': {
        readonly db: SqlDatabase<EntityManagerOf<Entities<M>>>;
    };
    'data:ingest': {
        ingest<I extends IngestionsOf<M>>(ingestion: I, columns: IngestColumns<I['columns']>): Promise<readonly boolean[]>;
    };
    'jobs:enqueue': {
        enqueue<S extends z.ZodType>(job: JobType<S>, data: z.input<S>, options?: EnqueueOptions): Promise<void>;
    };
    'usage:read': {
        readonly usage: UsageReader;
    };
    files: {
        readonly files: Files<keyof Field<M, 'files'> & string>;
    };
}
type Intersection<U> = (U extends unknown ? (u: U) => void : never) extends (all: infer I) => void ? I : never;
type GrantedNames<M extends Manifest> = Extract<Capability, Items<Field<M, 'capabilities'>> | Items<Field<M, 'optionalCapabilities'>>>;
export type Granted<M extends Manifest> = [GrantedNames<M>] extends [never] ? unknown : Intersection<Grants<M>[GrantedNames<M>]>;

// ---- home.d.ts
import { z } from 'zod';
export declare const homePanels: import("./extension-point.ts").ExtensionPoint<z.ZodObject<{}, z.core.$strip>, {
    readonly panel: import("./method.ts").Method<z.ZodVoid, z.ZodObject<{
        title: z.ZodString;
        text: z.ZodString;
        columns: z.ZodArray<z.ZodString>;
        rows: z.ZodArray<z.ZodArray<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>>>;
    }, z.core.$strip>, boolean>;
}>;

// ---- ingestion.d.ts
import type { SqlColumns, SqlType, SqlValue } from './sql-types.ts';
export interface Ingestion<C extends SqlColumns = SqlColumns> {
    readonly kind: 'ingestion';
    readonly name: string;
    readonly columns: C;
    readonly quota?: string;
}
export interface IngestionOptions {
    readonly quota?: string;
}
export declare const ingestion: <const C extends SqlColumns>(name: string, columns: C, { quota }?: IngestionOptions) => Ingestion<C>;
export type IngestColumns<C extends SqlColumns> = {
    readonly [K in keyof C]: readonly (SqlValue<C[K] & SqlType> | null)[];
};

// ---- job.d.ts
import type { z } from 'zod';
export type JobQueue = 'interactive' | 'default' | 'bulk';
export interface JobOptions {
    readonly queue?: JobQueue;
    readonly cron?: string;
    readonly timeoutMs?: number;
    readonly attempts?: number;
    readonly backoff?: JobBackoff;
    readonly concurrency?: number;
    readonly spreadMs?: number;
}
export interface JobBackoff {
    readonly delayMs?: number;
    readonly factor?: number;
    readonly maxMs?: number;
    readonly jitter?: number;
}
export interface JobType<S extends z.ZodType = z.ZodType> extends JobOptions {
    readonly kind: 'job';
    readonly name: string;
    readonly schema: S;
}
export declare const job: <S extends z.ZodType>(name: string, schema: S, options?: JobOptions) => JobType<S>;
export interface EnqueueOptions {
    readonly key?: string;
    readonly delayMs?: number;
    readonly priority?: number;
}
export interface JobRun {
    readonly id: string;
    readonly attempt: number;
    progress(done: number, total: number): void;
}

// ---- json.d.ts
export type BigIntegers = 'string' | 'bigint' | 'number';
export interface ParseJsonOptions {
    readonly integers?: BigIntegers;
}
export declare function parseJson(text: string, { integers }?: ParseJsonOptions): unknown;

// ---- manifest.d.ts
import type { z } from 'zod';
import type { CollectionType } from './collection.ts';
import type { DataSection } from './data.ts';
import type { EventType } from './event.ts';
import type { FileKind } from './files.ts';
import type { Flag } from './flag.ts';
import type { Meter } from './meter.ts';
import type { ExtensionPoint } from './extension-point.ts';
import type { NotificationType } from './notification.ts';
import type { SearchKind } from './search.ts';
import type { Service } from './service.ts';
import type { Text } from './text.ts';
import type { UserInterface } from './user-interface.ts';
export type Capability = 'net:fetch' | 'secrets:read' | 'data:collections' | 'data:sql' | 'data:ingest' | 'jobs:enqueue' | 'usage:read' | 'files';
export type Role = 'owner' | 'admin' | 'analyst' | 'viewer' | 'billing' | 'publisher';
export type PermissionName = `${string}:${string}`;
export interface Permission {
    readonly title: Text;
    readonly roles: readonly Role[];
}
export interface Limits {
    readonly memoryMb?: number;
    readonly handlerMs?: number;
    readonly concurrency?: number;
}
export interface Manifest {
    readonly id: string;
    readonly version: string;
    readonly sdk: string;
    readonly license: string;
    readonly title?: Text;
    readonly description?: Text;
    readonly capabilities?: readonly Capability[];
    readonly optionalCapabilities?: readonly Capability[];
    readonly hosts?: readonly string[];
    readonly settings?: z.ZodObject;
    readonly secrets?: readonly string[];
    readonly requires?: Readonly<Record<string, Service>>;
    readonly optional?: Readonly<Record<string, Service>>;
    readonly provides?: readonly Service[];
    readonly opens?: readonly ExtensionPoint[];
    readonly emits?: readonly EventType[];
    readonly consumes?: readonly EventType[];
    readonly notifications?: readonly NotificationType[];
    readonly collections?: Readonly<Record<string, CollectionType>>;
    readonly files?: Readonly<Record<string, FileKind>>;
    readonly data?: DataSection;
    readonly permissions?: Readonly<Record<PermissionName, Permission>>;
    readonly prefixes?: readonly `/${string}`[];
    readonly search?: Readonly<Record<string, SearchKind>>;
    readonly flags?: Readonly<Record<string, Flag>>;
    readonly meters?: Readonly<Record<string, Meter>>;
    readonly ui?: UserInterface;
    readonly limits?: Limits;
}
type Unknown<T, Known> = {
    readonly [K in Exclude<keyof T, keyof Known>]: never;
};
type ExactField<M, K extends string, Known> = M extends {
    readonly [P in K]: infer V;
} ? {
    readonly [P in K]: Unknown<V, Known>;
} : unknown;
export type Exact<M extends Manifest> = M & Unknown<M, Manifest> & ExactField<M, 'data', DataSection> & ExactField<M, 'limits', Limits> & ExactField<M, 'permissions', Readonly<Record<PermissionName, Permission>>> & ExactField<M, 'ui', UserInterface>;
export declare function defineManifest<const M extends Manifest>(manifest: Exact<M>): M;

// ---- meter.d.ts
import type { Text } from './text.ts';
export interface Meter {
    readonly unit: string;
    readonly description: Text;
    readonly exact?: boolean;
}
export interface UsageQuery {
    readonly from: Date;
    readonly to?: Date;
    readonly by?: 'hour' | 'day' | 'month';
    readonly timeZone?: string;
    readonly meters?: readonly string[];
}
export interface UsageAmount {
    readonly meter: string;
    readonly of: string;
    readonly at: Date;
    readonly amount: number;
}
export interface UsageReader {
    read(query: UsageQuery): Promise<readonly UsageAmount[]>;
}

// ---- method.d.ts
import type { z } from 'zod';
export type Awaitable<T> = T | Promise<T>;
export interface Method<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType, Optional extends boolean = boolean> {
    readonly input: I;
    readonly output: O;
    readonly optional: Optional;
    readonly timeoutMs?: number;
}
export type Methods = Readonly<Record<string, Method>>;
export declare function method<I extends z.ZodType, O extends z.ZodType, const Optional extends boolean = false>(input: I, output: O, options?: {
    readonly timeoutMs?: number;
    readonly optional?: Optional;
}): Method<I, O, Optional>;
type RequiredKeys<M extends Methods> = {
    [K in keyof M]: M[K]['optional'] extends true ? never : K;
}[keyof M];
type SplitOptional<All, K extends keyof All> = {
    readonly [P in K]: All[P];
} & {
    readonly [P in Exclude<keyof All, K>]?: All[P];
};
export interface CallOptions {
    readonly signal?: AbortSignal;
}
export type Client<M extends Methods> = SplitOptional<{
    [K in keyof M]: (input: z.input<M[K]['input']>, options?: CallOptions) => Promise<z.output<M[K]['output']>>;
}, RequiredKeys<M>>;
export type Implementation<M extends Methods, X> = SplitOptional<{
    [K in keyof M]: (input: z.output<M[K]['input']>, ctx: X) => Awaitable<z.input<M[K]['output']>>;
}, RequiredKeys<M>>;

// ---- migration.d.ts
import type { Privacy } from './privacy.ts';
export interface ForeignKey {
    readonly columns: readonly string[];
    readonly references: string;
    readonly keys?: readonly string[];
    readonly onDelete?: 'restrict' | 'cascade';
    readonly directory?: boolean;
}
export interface Index {
    readonly columns: readonly string[];
    readonly where?: string;
    readonly include?: readonly string[];
}
export interface Table {
    readonly name: string;
    readonly columns: Readonly<Record<string, string>>;
    readonly primaryKey?: readonly string[];
    readonly unique?: readonly (readonly string[])[];
    readonly foreignKeys?: readonly ForeignKey[];
    readonly indexes?: readonly (readonly string[] | Index)[];
    readonly checks?: Readonly<Record<string, string>>;
    readonly partition?: 'month';
    readonly retentionDays?: number;
    readonly privacy: Readonly<Record<string, Privacy>>;
    readonly grants?: readonly ('select' | 'insert' | 'update' | 'delete')[];
}
export interface ViewOperation {
    readonly name: string;
    readonly sql: string;
}
export interface IngestFunction {
    readonly name: string;
    readonly columns: Readonly<Record<string, string>>;
    readonly into: readonly string[];
    readonly body: string;
}
export type MigrationOperation = {
    readonly kind: 'tenantTable';
    readonly table: Table;
} | {
    readonly kind: 'directoryTable';
    readonly table: Table;
} | {
    readonly kind: 'sql';
    readonly sql: string;
} | {
    readonly kind: 'view';
    readonly view: ViewOperation;
} | {
    readonly kind: 'ingestFunction';
    readonly function: IngestFunction;
} | {
    readonly kind: 'privacy';
    readonly table: string;
    readonly columns: Table['privacy'];
};
export interface Migration {
    readonly name: string;
    readonly operations: readonly MigrationOperation[];
}

// ---- notification.d.ts
import type { z } from 'zod';
import type { Role } from './manifest.ts';
import type { Text } from './text.ts';
export type NotificationCategory = 'activity' | 'results' | 'problems' | 'billing';
export type NotificationSeverity = 'info' | 'warning' | 'critical';
export type NotificationChannel = 'inbox' | 'mail';
export type NotificationData = z.ZodObject;
export type NotificationValue = string | number | boolean | null;
export interface NotificationOptions {
    readonly title: Text;
    readonly body: Text;
    readonly category: NotificationCategory;
    readonly severity?: NotificationSeverity;
    readonly channels?: readonly NotificationChannel[];
    readonly link?: `/${string}`;
}
export interface NotificationType<D extends NotificationData = NotificationData> extends NotificationOptions {
    readonly kind: 'notification';
    readonly name: string;
    readonly data: D;
}
export declare function notification<D extends NotificationData>(name: string, data: D, options: NotificationOptions): NotificationType<D>;
export declare const placeholdersOf: (words: string) => string[];
export interface NotificationRecipients {
    readonly users?: readonly string[];
    readonly roles?: readonly Role[];
    readonly permission?: `${string}:${string}`;
}
export interface NotifyOptions<D extends NotificationData = NotificationData> {
    readonly to: NotificationRecipients;
    readonly data: z.input<D>;
    readonly key?: string;
}

// ---- notify-channels.d.ts
import { z } from 'zod';
export declare const notifyChannels: import("./extension-point.ts").ExtensionPoint<z.ZodObject<{
    title: z.ZodString;
    reach: z.ZodDefault<z.ZodEnum<{
        person: "person";
        workspace: "workspace";
    }>>;
}, z.core.$strip>, {
    readonly deliver: import("./method.ts").Method<z.ZodObject<{
        id: z.ZodString;
        kind: z.ZodString;
        category: z.ZodString;
        severity: z.ZodEnum<{
            critical: "critical";
            info: "info";
            warning: "warning";
        }>;
        title: z.ZodString;
        text: z.ZodString;
        url: z.ZodNullable<z.ZodString>;
        language: z.ZodString;
        to: z.ZodNullable<z.ZodObject<{
            userId: z.ZodString;
            email: z.ZodString;
            name: z.ZodString;
        }, z.core.$strip>>;
        attempt: z.ZodInt;
    }, z.core.$strip>, z.ZodObject<{
        reference: z.ZodOptional<z.ZodString>;
    }, z.core.$strip>, boolean>;
}>;

// ---- plugin.d.ts
import type { Context } from './context.ts';
import type { Declare } from './declare.ts';
import type { Exact, Manifest } from './manifest.ts';
export interface Plugin {
    readonly manifest: Manifest;
    readonly setup: (declare: Declare<never>) => undefined;
}
export declare function definePlugin<const M extends Manifest>(manifest: Exact<M>, setup: (declare: Declare<Context<M>>) => void): Plugin;

// ---- privacy.d.ts
export type PersonalCategory = 'pseudonymous' | 'personal' | 'special';
export type PrivacySubject = 'listener' | 'customer' | 'user' | 'partner';
export type Erasure = 'delete' | 'clear' | 'keep';
export interface PersonalData {
    readonly category: PersonalCategory;
    readonly subject: PrivacySubject;
    readonly purpose: string;
    readonly erasure: Erasure;
    readonly retentionDays?: number;
    readonly identifies?: string;
    readonly party?: string;
    readonly mentions?: boolean;
    readonly since?: string;
}
export type Privacy = 'none' | 'secret' | PersonalData;

// ---- published-view.d.ts
import { type ContractId } from './contract-id.ts';
import type { SqlColumns } from './sql-types.ts';
export interface PublishedView<C extends SqlColumns = SqlColumns> {
    readonly kind: 'view';
    readonly id: ContractId;
    readonly columns: C;
}
export declare function publishedView<const C extends SqlColumns>(id: ContractId, columns: C): PublishedView<C>;
export declare function localViewName({ id }: PublishedView): string;
export declare function viewOwner({ id }: PublishedView): string;
export declare function viewName(view: PublishedView): string;
export declare function pluginSchema(pluginId: string): string;

// ---- search.d.ts
import { z } from 'zod';
import type { PermissionName } from './manifest.ts';
import type { Text } from './text.ts';
export interface SearchKind {
    readonly title: Text;
    readonly permission: PermissionName;
    readonly page: `/${string}`;
}
declare const Entry: z.ZodObject<{
    id: z.ZodString;
    title: z.ZodString;
    text: z.ZodOptional<z.ZodString>;
}, z.core.$strip>;
export type SearchEntry = z.output<typeof Entry>;
export interface Search<K extends string> {
    put(kind: K, entries: readonly SearchEntry[]): Promise<void>;
    remove(kind: K, ids: readonly string[]): Promise<void>;
}
export declare const searchSource: import("./extension-point.ts").ExtensionPoint<z.ZodObject<{}, z.core.$strip>, {
    readonly list: import("./method.ts").Method<z.ZodObject<{
        after: z.ZodOptional<z.ZodString>;
        limit: z.ZodInt;
    }, z.core.$strip>, z.ZodObject<{
        entries: z.ZodArray<z.ZodObject<{
            id: z.ZodString;
            title: z.ZodString;
            text: z.ZodOptional<z.ZodString>;
        }, z.core.$strip>>;
        next: z.ZodOptional<z.ZodString>;
    }, z.core.$strip>, boolean>;
}>;

// ---- service.d.ts
import type { ContractId } from './contract-id.ts';
import type { Methods } from './method.ts';
export interface Service<M extends Methods = Methods> {
    readonly kind: 'service';
    readonly id: ContractId;
    readonly methods: M;
}
export declare const service: <const M extends Methods>(id: ContractId, methods: M) => Service<M>;

// ---- sharing.d.ts
import { z } from 'zod';
export declare const sharedDataset: import("./extension-point.ts").ExtensionPoint<z.ZodObject<{
    title: z.ZodUnion<readonly [z.ZodString, z.ZodObject<{
        en: z.ZodString;
    }, z.core.$loose>]>;
    description: z.ZodUnion<readonly [z.ZodString, z.ZodObject<{
        en: z.ZodString;
    }, z.core.$loose>]>;
    personal: z.ZodBoolean;
}, z.core.$strip>, {
    readonly check: import("./method.ts").Method<z.ZodObject<{
        scope: z.ZodRecord<z.ZodString, z.ZodJSONSchema>;
    }, z.core.$strip>, z.ZodObject<{
        summary: z.ZodString;
    }, z.core.$strip>, boolean>;
    readonly export: import("./method.ts").Method<z.ZodObject<{
        scope: z.ZodRecord<z.ZodString, z.ZodJSONSchema>;
        cursor: z.ZodNullable<z.ZodString>;
        limit: z.ZodInt;
    }, z.core.$strip>, z.ZodObject<{
        rows: z.ZodArray<z.ZodRecord<z.ZodString, z.ZodJSONSchema>>;
        cursor: z.ZodNullable<z.ZodString>;
        done: z.ZodBoolean;
    }, z.core.$strip>, boolean>;
    readonly import: import("./method.ts").Method<z.ZodObject<{
        rows: z.ZodArray<z.ZodRecord<z.ZodString, z.ZodJSONSchema>>;
        provenance: z.ZodObject<{
            share: z.ZodUUID;
            grantor: z.ZodUUID;
            grantorName: z.ZodString;
            at: z.ZodISODateTime;
        }, z.core.$strip>;
    }, z.core.$strip>, z.ZodObject<{
        kept: z.ZodInt;
    }, z.core.$strip>, boolean>;
    readonly withdraw: import("./method.ts").Method<z.ZodObject<{
        share: z.ZodUUID;
        limit: z.ZodInt;
    }, z.core.$strip>, z.ZodObject<{
        left: z.ZodBoolean;
    }, z.core.$strip>, boolean>;
}>;

// ---- sql-types.d.ts
export type ColumnType = 'uuid' | 'text' | 'boolean' | 'smallint' | 'integer' | 'bigint' | 'real' | 'double precision' | 'numeric' | 'date' | 'timestamptz' | 'jsonb' | 'bytea' | 'inet';
export type SqlType = ColumnType | `${ColumnType}[]`;
export type SqlColumns = Readonly<Record<string, SqlType>>;
interface Values {
    uuid: string;
    text: string;
    boolean: boolean;
    smallint: number;
    integer: number;
    bigint: bigint | number;
    real: number;
    'double precision': number;
    numeric: string | number;
    date: string;
    timestamptz: Date | string;
    jsonb: string;
    bytea: Uint8Array;
    inet: string;
}
export type SqlValue<T extends SqlType> = T extends ColumnType ? Values[T] : T extends `${infer C extends ColumnType}[]` ? readonly Values[C][] : never;

// ---- sql/migration.d.ts
import type { Ingestion } from '../ingestion.ts';
import type { IngestFunction, Migration, Table } from '../migration.ts';
import type { Rollup } from './rollup/index.ts';
import { type PublishedView } from '../published-view.ts';
export interface SchemaBuilder {
    tenantTable(table: Table): void;
    directoryTable(table: Table): void;
    sql(statement: string): void;
    view(view: PublishedView, select: string): void;
    ingestFunction(ingestion: Ingestion, how: Pick<IngestFunction, 'into' | 'body'>): void;
    rollup(rollup: Pick<Rollup, 'tables'>): void;
    privacy(table: string, columns: Table['privacy']): void;
}
export declare function migration(name: string, up: (schema: SchemaBuilder) => void): Migration;

// ---- sql/rollup/definition.d.ts
import type { Table } from '../../migration.ts';
export type DimensionType = 'uuid' | 'text';
export type Measure = {
    readonly kind: 'count';
    readonly where?: string;
} | {
    readonly kind: 'sum';
    readonly of: string;
    readonly where?: string;
};
export declare const count: (where?: string) => Measure;
export declare const sum: (of: string, where?: string) => Measure;
export type RollupTime = {
    readonly column: string;
} | {
    readonly id: string;
};
export interface RollupOptions<D extends Readonly<Record<string, DimensionType>> = Readonly<Record<string, DimensionType>>, M extends Readonly<Record<string, Measure>> = Readonly<Record<string, Measure>>> {
    readonly name: string;
    readonly from: string;
    readonly time: RollupTime;
    readonly dimensions: D;
    readonly measures: M;
}
export declare function checkRollup({ name, time, dimensions, measures }: RollupOptions): void;
export declare const NOTHING: Readonly<Record<DimensionType, string>>;
export declare function rollupTables({ name, dimensions, measures }: RollupOptions): readonly Table[];

// ---- sql/rollup/index.d.ts
export { count, sum, type DimensionType, type Measure, type RollupOptions, type RollupTime } from './definition.ts';
export type { RollupQuery } from './read.ts';
export { rollup, type Pending, type Rollup, type RollupDifference, type RollupRow, type Span } from './rollup.ts';

// ---- sql/rollup/read.d.ts
import { type RollupOptions } from './definition.ts';
export interface RollupQuery<D extends string = string> {
    readonly from: Date;
    readonly to: Date;
    readonly by: 'quarter' | 'hour' | 'day' | 'week' | 'month' | 'total';
    readonly zone?: string;
    readonly dimensions?: readonly D[];
    readonly where?: Readonly<Partial<Record<D, readonly (string | null)[]>>>;
}
export declare function readStatement({ name, dimensions, measures }: RollupOptions, tenant: string, query: RollupQuery): {
    readonly sql: string;
    readonly values: readonly unknown[];
};

// ---- sql/rollup/rollup.d.ts
import type { SqlDatabase } from '../../grants.ts';
import { type DimensionType, type Measure, type RollupOptions } from './definition.ts';
import { type RollupQuery } from './read.ts';
import type { Table } from '../../migration.ts';
export interface Span {
    readonly from: Date;
    readonly to: Date;
}
export interface Pending {
    readonly hours: number;
    readonly since: Date | null;
}
export type RollupRow<D extends string, M extends string> = {
    readonly at: Date | null;
} & {
    readonly [K in D]?: string | null;
} & {
    readonly [K in M]: bigint;
};
export interface RollupDifference {
    readonly at: Date;
    readonly dimensions: Readonly<Record<string, string | null>>;
    readonly kept: Readonly<Record<string, bigint>>;
    readonly raw: Readonly<Record<string, bigint>>;
}
export interface Rollup<D extends string = string, M extends string = string> {
    readonly name: string;
    readonly tables: readonly Table[];
    mark(db: SqlDatabase, spans: readonly Span[]): Promise<void>;
    refresh(db: SqlDatabase, options?: {
        readonly hours?: number;
    }): Promise<Pending>;
    rebuild(db: SqlDatabase, span: Span): Promise<void>;
    pending(db: SqlDatabase): Promise<Pending>;
    read<const S extends D = never>(db: SqlDatabase, query: RollupQuery<D> & {
        readonly dimensions?: readonly S[];
    }): Promise<RollupRow<S, M>[]>;
    compare(db: SqlDatabase, span: Span): Promise<RollupDifference[]>;
}
export declare function rollup<const D extends Readonly<Record<string, DimensionType>>, const M extends Readonly<Record<string, Measure>>>(options: RollupOptions<D, M>): Rollup<keyof D & string, keyof M & string>;

// ---- sql/tenant-entity.d.ts
import { type EntityManager, type PropertyBuilders } from '@mikro-orm/core';
import type { ENTITY_MANAGER } from '../data.ts';
export interface ReadableEntity {
    readonly [ENTITY_MANAGER]?: EntityManager;
}
export interface TenantEntityOptions<N extends string, T extends string, P extends Record<string, unknown>> {
    readonly name: N;
    readonly tableName: T;
    readonly properties: (p: PropertyBuilders) => P;
}
export declare function tenantEntity<const N extends string, const T extends string, const P extends Record<string, unknown>>({ name, tableName, properties, }: TenantEntityOptions<N, T, P>): import("@mikro-orm/core").EntitySchemaWithMeta<N, T, import("@mikro-orm/core").InferEntityFromProperties<{
    readonly tenantId: Pick<import("@mikro-orm/core").UniversalPropertyOptionsBuilder<string, Omit<import("@mikro-orm/core").EmptyOptions, "primary"> & {
        primary: true;
    }, ("$type" | "lazyRef" | "strictNullable" | "~options" | "~type") | keyof import("@mikro-orm/core").PropertyOptions<any>>, ("$type" | "lazyRef" | "strictNullable" | "~options" | "~type") | keyof import("@mikro-orm/core").PropertyOptions<any>>;
} & P, undefined, never, never, false, undefined, undefined, false>, never, {
    readonly tenantId: Pick<import("@mikro-orm/core").UniversalPropertyOptionsBuilder<string, Omit<import("@mikro-orm/core").EmptyOptions, "primary"> & {
        primary: true;
    }, ("$type" | "lazyRef" | "strictNullable" | "~options" | "~type") | keyof import("@mikro-orm/core").PropertyOptions<any>>, ("$type" | "lazyRef" | "strictNullable" | "~options" | "~type") | keyof import("@mikro-orm/core").PropertyOptions<any>>;
} & P, import("@mikro-orm/core").EntityCtor<import("@mikro-orm/core").InferEntityFromProperties<{
    readonly tenantId: Pick<import("@mikro-orm/core").UniversalPropertyOptionsBuilder<string, Omit<import("@mikro-orm/core").EmptyOptions, "primary"> & {
        primary: true;
    }, ("$type" | "lazyRef" | "strictNullable" | "~options" | "~type") | keyof import("@mikro-orm/core").PropertyOptions<any>>, ("$type" | "lazyRef" | "strictNullable" | "~options" | "~type") | keyof import("@mikro-orm/core").PropertyOptions<any>>;
} & P, undefined, never, never, false, undefined, undefined, false>>, undefined> & ReadableEntity;

// ---- subject.d.ts
export interface Identifier {
    readonly kind: string;
    readonly value: string;
}

// ---- text.d.ts
export type Translations = {
    readonly en: string;
} & Readonly<Record<string, string>>;
export type Text = string | Translations;
export declare function text(translations: Translations): Translations;
export declare function translate(words: Text, ...languages: readonly string[]): string;

// ---- token.d.ts
export interface Token<out T> {
    readonly id: string;
    readonly type?: T;
}
export declare const token: <T>(id: string) => Token<T>;

// ---- user-interface.d.ts
import type { PermissionName } from './manifest.ts';
import type { Text } from './text.ts';
export type MenuSection = 'overview' | 'audience' | 'attribution' | 'growth' | 'connectors' | 'partners' | 'governance' | 'operations';
export interface PageDeclaration {
    readonly id: string;
    readonly title: Text;
    readonly path: `/${string}`;
    readonly section: MenuSection;
    readonly permission?: PermissionName;
}
export interface WidgetDeclaration {
    readonly id: string;
    readonly title: Text;
    readonly permission?: PermissionName;
}
export interface UserInterface {
    readonly entry: string;
    readonly pages?: readonly PageDeclaration[];
    readonly widgets?: readonly WidgetDeclaration[];
}

// ---- uuidv7.d.ts
export declare function uuidv7(ms?: number): string;
export declare function timeOfUuidv7(id: string): number;
export declare function lowestUuidv7(ms: number): string;
