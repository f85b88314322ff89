/** Who acted: a user, an API key, or the host itself. */
export interface AuditActor {
  readonly kind: string;
  readonly id: string;
}

/** Which way an act came in. */
export type AuditVia = 'rest' | 'cli' | 'page' | 'system';

/** An act worth keeping. */
export interface AuditEntry {
  /** Whose data or settings it touched. Without a tenant it is an act of the operator or of the installation. */
  readonly tenant?: string;
  /** The operator did it to a tenant: both see it. */
  readonly operator?: boolean;
  readonly actor: AuditActor;
  /** `<subject>.<what happened>`: `tenant.suspended`, `plugin.enabled`. */
  readonly action: string;
  /** What was acted on, `tenant:<id>`, `plugin:podlift.tracking`. */
  readonly target: string;
  /** Plain JSON, with `before` and `after` where something changed; fields with the name of a secret are masked. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Of an act that was noted elsewhere before: kept once, however often it is told. */
  readonly id?: string;
  readonly time?: Date;
  /** Which way it came in; as the request or command under way says otherwise. */
  readonly via?: AuditVia;
}

/** An act as it was kept. */
export interface AuditRecord {
  readonly id: string;
  readonly tenant: string | undefined;
  readonly actor: AuditActor;
  readonly action: string;
  readonly target: string;
  /** An empty object once it was redacted. */
  readonly details: unknown;
  readonly time: Date;
  /** Undefined for what was kept before acts told it. */
  readonly via: string | undefined;
  readonly ip: string | undefined;
  readonly requestId: string | undefined;
  /** Its place in the chain; undefined until the sealer came by. */
  readonly seq: number | undefined;
  readonly redactedAt: Date | undefined;
}

export interface AuditFilter {
  readonly action?: string;
  readonly target?: string;
  /** The id of whoever acted. */
  readonly actor?: string;
  readonly from?: Date;
  readonly until?: Date;
  /** The id of the last one seen. */
  readonly after?: string;
  /** 50 when absent. */
  readonly limit?: number;
}
