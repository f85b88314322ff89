import { runActing, type Audit } from '../audit/index.ts';
import type { Acts } from '../http/index.ts';

/** The edge's way to the audit trail. */
export const createActs = (audit: Pick<Audit, 'record'>): Acts => ({
  run: ({ ip, requestId }, work, unnamed) =>
    runActing({ via: 'rest', ip, requestId }, async (acting) => {
      await work();
      const act = acting.recorded === 0 ? unnamed() : undefined;
      if (!act) return;
      const { principal, method, path, operator } = act;
      await audit.record(null, {
        ...(principal.tenant && { tenant: principal.tenant.id }),
        operator,
        actor: principal.actor,
        action: `rest.${method.toLowerCase()}`,
        target: path,
      });
    }),
});
