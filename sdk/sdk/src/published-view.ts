import { parseContractId, type ContractId } from './contract-id.ts';
import { PodliftError } from './errors.ts';
import type { SqlColumns } from './sql-types.ts';

/** A read-only view of one plugin's data that other trusted plugins may join. The id is `<plugin>.<view>@<major>`. */
export interface PublishedView<C extends SqlColumns = SqlColumns> {
  readonly kind: 'view';
  readonly id: ContractId;
  readonly columns: C;
}

const VIEW_ID = /^(?:([a-z][a-z0-9-]*)\.)?([a-z][a-z0-9-]*)\.([a-z][a-z0-9_-]*)@[1-9]\d*$/;
/** The publisher of first-party plugins, whose contract ids do not repeat it. */
const FIRST_PARTY = 'podlift';

/**
 * Declares a published view as a versioned contract: `tracking.touchpoints@1`, or `<publisher>.<plugin>.<view>@1` for
 * a plugin of another publisher than Podlift.
 * @throws PodliftError `invalid_contract` when the id is not of that form.
 */
export function publishedView<const C extends SqlColumns>(id: ContractId, columns: C): PublishedView<C> {
  if (!VIEW_ID.test(id)) throw PodliftError.invalidContract(id, 'a view is named <plugin>.<view>@<major>');
  return { kind: 'view', id, columns };
}

/** The view's own name in its owner's schema: `touchpoints_v1`. */
export function localViewName({ id }: PublishedView): string {
  const [, , , name = ''] = VIEW_ID.exec(id) ?? [];
  return `${identifier(name)}_v${parseContractId(id).major}`;
}

/** The id of the plugin that publishes the view: `podlift.tracking`. */
export function viewOwner({ id }: PublishedView): string {
  const [, publisher = FIRST_PARTY, plugin = ''] = VIEW_ID.exec(id) ?? [];
  return `${publisher}.${plugin}`;
}

/**
 * The view's full SQL name, ready for a statement: `p_podlift_tracking.touchpoints_v1`.
 * @example await ctx.db.query(`select count(*) from ${viewName(touchpoints)} where tenant_id = $1`, [ctx.tenant]);
 */
export function viewName(view: PublishedView): string {
  return `${pluginSchema(viewOwner(view))}.${localViewName(view)}`;
}

/** The PostgreSQL schema (and role) of a plugin: `podlift.first-touch` owns `p_podlift_first_touch`. */
export function pluginSchema(pluginId: string): string {
  return `p_${identifier(pluginId)}`;
}

const identifier = (name: string): string => name.replaceAll(/[.-]/g, '_');
