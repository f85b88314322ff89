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

/** What a plugin may be allowed to do beyond answering. Each one adds members to its context. */
export type Capability =
  | 'net:fetch'
  | 'secrets:read'
  | 'data:collections'
  | 'data:sql'
  | 'data:ingest'
  | 'jobs:enqueue'
  | 'usage:read'
  | 'files';

/** The roles that a tenant's members can have. */
export type Role = 'owner' | 'admin' | 'analyst' | 'viewer' | 'billing' | 'publisher';

/** `<subject>:<action>`, as in `campaigns:read`. */
export type PermissionName = `${string}:${string}`;

/** A permission that the plugin's routes ask for, and the roles that have it from the start. */
export interface Permission {
  readonly title: Text;
  readonly roles: readonly Role[];
}

/** What the plugin may use up. */
export interface Limits {
  /** Memory of an isolated plugin, in MiB. */
  readonly memoryMb?: number;
  /** How long a handler may take, in milliseconds. */
  readonly handlerMs?: number;
  /** How many calls run at the same time; the others wait. */
  readonly concurrency?: number;
}

/** Everything the host must know before it runs a line of the plugin. `freeze` writes it into plugin.json. */
export interface Manifest {
  /** `<publisher>.<name>`, as in `podlift.campaigns`. */
  readonly id: string;
  /** Semantic version of the plugin. */
  readonly version: string;
  /** Range of SDK versions it works with, as in `^0.1`. */
  readonly sdk: string;
  /** SPDX identifier. */
  readonly license: string;
  readonly title?: Text;
  readonly description?: Text;
  /** Without these the plugin does not run. */
  readonly capabilities?: readonly Capability[];
  /** The plugin runs without these; a call that needs an ungranted one answers `not_granted`. */
  readonly optionalCapabilities?: readonly Capability[];
  /** Host names that `ctx.fetch` may reach; `*.example.com` stands for every subdomain, `*` for any public host. */
  readonly hosts?: readonly string[];
  /** What a tenant may set; every field needs a default or the plugin waits until it is set. */
  readonly settings?: z.ZodObject;
  /** Names of secrets that a tenant stores for the plugin. */
  readonly secrets?: readonly string[];
  /** Contracts of others without which the plugin does not run, by the name they get in `ctx.services`. */
  readonly requires?: Readonly<Record<string, Service>>;
  /** Contracts of others that may be absent, by the name they get in `ctx.services`. */
  readonly optional?: Readonly<Record<string, Service>>;
  /** Contracts that the plugin fulfils. */
  readonly provides?: readonly Service[];
  /** Extension points that the plugin opens, and whose entries it reads. */
  readonly opens?: readonly ExtensionPoint[];
  /** Events that the plugin emits. */
  readonly emits?: readonly EventType[];
  /** Events that the plugin listens to with `on` or `onBatch`. */
  readonly consumes?: readonly EventType[];
  /** Kinds of messages that the plugin sends to people. */
  readonly notifications?: readonly NotificationType[];
  /** Needs `data:collections`. */
  readonly collections?: Readonly<Record<string, CollectionType>>;
  /** Kinds of files that the plugin keeps. Needs `files`. */
  readonly files?: Readonly<Record<string, FileKind>>;
  /** Needs `data:sql`. */
  readonly data?: DataSection;
  readonly permissions?: Readonly<Record<PermissionName, Permission>>;
  /** REST prefixes that a first-party plugin claims, as in `/api/v1/campaigns`. Without any, it is mounted at `/api/v1/x/<publisher>/<name>`. */
  readonly prefixes?: readonly `/${string}`[];
  /** Kinds of things that `ctx.search` tells the search of. */
  readonly search?: Readonly<Record<string, SearchKind>>;
  /** Switches that operators turn without a release; `ctx.flags` reads them. */
  readonly flags?: Readonly<Record<string, Flag>>;
  /** What the plugin counts with `ctx.meter`. */
  readonly meters?: Readonly<Record<string, Meter>>;
  readonly ui?: UserInterface;
  readonly limits?: Limits;
}

type Unknown<T, Known> = { readonly [K in Exclude<keyof T, keyof Known>]: never };
type ExactField<M, K extends string, Known> = M extends { readonly [P in K]: infer V }
  ? { readonly [P in K]: Unknown<V, Known> }
  : unknown;

/** A manifest without fields that nobody knows: inference alone would let a misspelt one pass. */
export type Exact<M extends Manifest> = M &
  Unknown<M, Manifest> &
  ExactField<M, 'data', DataSection> &
  ExactField<M, 'limits', Limits> &
  ExactField<M, 'permissions', Readonly<Record<PermissionName, Permission>>> &
  ExactField<M, 'ui', UserInterface>;

/**
 * Writes a manifest in a file of its own, so that handlers can name their context.
 * @example
 * export const manifest = defineManifest({ id: 'acme.hello', version: '1.0.0', sdk: '^0.1', license: 'MIT' });
 * export type Ctx = Context<typeof manifest>;
 */
export function defineManifest<const M extends Manifest>(manifest: Exact<M>): M {
  return manifest;
}
