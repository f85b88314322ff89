/** Who may call a route: a permission such as `campaigns:read`, or one of the three explicit exceptions. */
export type RoutePermission = `${string}:${string}` | 'public' | 'signed-in' | 'operator';

/** What the pipeline must know of a route before its handler runs. */
export interface RouteRules {
  readonly permission: RoutePermission;
  /** Whether a tenant must be named. By default as the permission says: see {@link tenantRule}. */
  readonly tenant?: 'required' | 'optional' | 'none';
  /** Bytes; the installation's limit otherwise. */
  readonly bodyLimit?: number;
  /**
   * `stream`: the handler reads the body as it comes, however slowly, and ends it when nothing comes. It is neither parsed
   * nor held in memory, so a repeated request is not recognised by it. The handler bounds its size when no length is told.
   */
  readonly body?: 'stream';
  /** What OPTIONS answers beside the methods: a protocol's own. */
  readonly optionsHeaders?: Readonly<Record<string, string>>;
  /** Milliseconds until the answer must begin; the installation's limit otherwise. */
  readonly timeoutMs?: number;
  /** `open`: any page may call the route from a browser, without cookies. For ingest. */
  readonly cors?: 'open';
  /** `off`: the route does not remember Idempotency-Key, because it has its own way to find duplicates. */
  readonly idempotency?: 'off';
  /** `none`: whatever its method says, it changes nothing that the audit trail should know of. */
  readonly acts?: 'none';
  /** Requests per minute and credential or address; the installation's limit otherwise. */
  readonly ratePerMinute?: number;
}

const NAMED = /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/;

/** Throws unless the permission is one of the exceptions or `<subject>:<action>`. */
export function checkPermissionName(permission: unknown, route: string): asserts permission is RoutePermission {
  if (typeof permission !== 'string' || permission === '')
    throw new Error(
      `Route ${route} declares no permission. Use '<subject>:<action>', or say 'public', 'signed-in' or 'operator'.`,
    );
  if (!['public', 'signed-in', 'operator'].includes(permission) && !NAMED.test(permission))
    throw new Error(`Route ${route} declares the permission '${permission}', which is not '<subject>:<action>'.`);
}

/** A permission is held in a tenant; operators act outside of tenants; the others may name one. */
export function tenantRule({ permission, tenant }: RouteRules): 'required' | 'optional' | 'none' {
  if (tenant) return tenant;
  if (permission === 'operator') return 'none';
  return permission === 'public' || permission === 'signed-in' ? 'optional' : 'required';
}
