import type { Ingestion } from './ingestion.ts';
import type { Migration } from './migration.ts';
import type { PublishedView } from './published-view.ts';

/** Carries the type of the entity manager that reads an entity; there is no value. */
export declare const ENTITY_MANAGER: unique symbol;

/** An entity of `@podlift/sdk/sql`. The main entry does not know MikroORM: it knows only whose manager reads it. */
export interface TableEntity<out EM = unknown> {
  readonly [ENTITY_MANAGER]?: EM;
  readonly '~entity': unknown;
}

/** What a `data:sql` plugin says about its schema. The host gives the schema its name. */
export interface DataSection {
  /** What `ctx.db.em()` knows. Tables without an entity are read by SQL. */
  readonly entities?: readonly TableEntity[];
  /** In order. They also say what each column tells about people. */
  readonly migrations?: readonly Migration[];
  /** Views that others may read; a migration makes each with `schema.view()`. */
  readonly publishes?: readonly PublishedView[];
  /** Views of others that the plugin reads. */
  readonly reads?: readonly PublishedView[];
  /** What `ctx.ingest` lands; a migration makes each with `schema.ingestFunction()`. Needs `data:ingest`. */
  readonly ingest?: readonly Ingestion[];
}
