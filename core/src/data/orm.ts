import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { EntityManagerMaker } from './transaction.ts';

/** The ORMs of a database, one per role, so that entities of two plugins may bear the same name. */
export interface Orms {
  /** Adds entities that transactions of `role` may use (without a role: the host's). */
  register(role: string | undefined, entities: readonly unknown[]): void;
  /** Makes entity managers for transactions of `role`. */
  makerFor(role: string | undefined): EntityManagerMaker;
  close(): Promise<void>;
}

interface Slot {
  readonly entities: unknown[];
  discovered: number;
  starting?: Promise<MikroORM>;
}

/** Creates them. Nothing of MikroORM is loaded until somebody asks for an entity manager. */
export function createOrms(): Orms {
  const slots = new Map<string, Slot>();
  const slotOf = (role = ''): Slot => {
    let slot = slots.get(role);
    if (!slot) slots.set(role, (slot = { entities: [], discovered: 0 }));
    return slot;
  };
  const started = async (slot: Slot): Promise<MikroORM> => {
    const { startOrm, discoverEntities } = await import('./orm-connection.ts');
    if (!slot.starting) {
      slot.discovered = slot.entities.length;
      slot.starting = startOrm(slot.entities);
    }
    const orm = await slot.starting;
    if (slot.discovered < slot.entities.length) {
      const late = slot.entities.slice(slot.discovered);
      slot.discovered = slot.entities.length;
      discoverEntities(orm, late);
    }
    return orm;
  };

  return {
    register(role, entities) {
      const slot = slotOf(role);
      for (const entity of entities) if (!slot.entities.includes(entity)) slot.entities.push(entity);
    },
    makerFor(role) {
      return async (run, tenant): Promise<EntityManager> => {
        const { bindEntityManager } = await import('./orm-connection.ts');
        return bindEntityManager(await started(slotOf(role)), run, tenant);
      };
    },
    async close() {
      await Promise.all([...slots.values()].map(async (slot) => (await slot.starting)?.close(true)));
      slots.clear();
    },
  };
}
