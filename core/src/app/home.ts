import type { HomePanel } from '../http/index.ts';
import type { Rooms } from './rooms.ts';

const DEMO_TENANTS = `
  select id from core.tenants where disposable and status = 'active' order by created_at desc limit 3`;

/** What the start page shows: the panels of demo tenants, never those of a customer. */
export async function demoPanels({ database, plugins }: Pick<Rooms, 'database' | 'plugins'>): Promise<HomePanel[]> {
  const tenants = await database.query<{ id: string }>(DEMO_TENANTS);
  return (await Promise.all(tenants.map(({ id }) => plugins.panels(id)))).flat();
}
