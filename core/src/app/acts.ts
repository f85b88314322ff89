import { runActing, type Audit } from '../audit/index.ts';
import type { Acts } from '../http/index.ts';

/** The edge's way to the audit trail. */
export const createActs = (audit: Pick<Audit, 'record'>): Acts => ({
  run: ({ ip, requestId }, work) =>
    runActing({ via: 'rest', ip, requestId }, async (act) => {
      await work();
      return act.recorded;
    }),
  keep: async ({ principal: { tenant, actor }, method, path, operator }) =>
    void (await audit.record(null, {
      ...(tenant && { tenant: tenant.id }),
      operator,
      actor,
      action: `rest.${method.toLowerCase()}`,
      target: path,
    })),
});
