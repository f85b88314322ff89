import { PodliftError } from '@podlift/sdk';

const field = (path: string, message: string) => ({ details: [{ path: [path], message }] });

/** What can go wrong with tenants, in sentences. */
export const TenantError = {
  badSlug: (slug: string, why: string) =>
    new PodliftError('tenants.slug_invalid', `"${slug}" cannot be the name in an address: ${why}`, {
      kind: 'invalid',
      ...field('slug', why),
    }),

  slugTaken: (slug: string) =>
    new PodliftError('tenants.slug_taken', `The address "${slug}" is taken. Choose another one.`, {
      kind: 'conflict',
      ...field('slug', 'Is taken.'),
    }),

  domainTaken: (domain: string) =>
    new PodliftError('tenants.domain_taken', `The domain ${domain} belongs to another workspace.`, {
      kind: 'conflict',
      ...field('domain', 'Belongs to another workspace.'),
    }),

  badDomain: (domain: string, why: string) =>
    new PodliftError('tenants.domain_invalid', `${domain} cannot be a domain of a workspace: ${why}`, {
      kind: 'invalid',
      ...field('domain', why),
    }),

  domainUnproven: (domain: string, record: string, value: string) =>
    new PodliftError(
      'tenants.domain_unproven',
      `${domain} is not proven to be yours yet: its DNS has no TXT record ${record} with the value ${value}.`,
      { kind: 'conflict' },
    ),

  unknownPlan: (plan: string) =>
    new PodliftError('tenants.plan_unknown', `There is no plan "${plan}".`, {
      kind: 'invalid',
      ...field('plan', 'Is not a plan.'),
    }),

  unknown: (name: string) => new PodliftError('tenants.unknown', `There is no tenant "${name}".`, { kind: 'missing' }),

  changed: (id: string, expected: number) =>
    new PodliftError(
      'tenants.changed',
      `The tenant ${id} was changed by somebody else since version ${expected}. Load it again.`,
      { kind: 'conflict', details: { expected } },
    ),

  wrongStatus: (slug: string, status: string, wanted: string) =>
    new PodliftError(
      'tenants.wrong_status',
      `The tenant "${slug}" is ${status}; only a tenant that is ${wanted} can do this.`,
      {
        kind: 'conflict',
        details: { status },
      },
    ),

  notDue: (slug: string, purgeAfter: Date) =>
    new PodliftError(
      'tenants.not_due',
      `The tenant "${slug}" can be restored until ${purgeAfter.toISOString()} and is purged after it.`,
      { kind: 'conflict' },
    ),

  tablesInACircle: (tables: readonly string[]) =>
    new PodliftError(
      'tenants.tables_in_a_circle',
      `These tables reference each other in a circle, so no order deletes a tenant from them: ${tables.join(', ')}.`,
    ),
};
