import { PodliftError } from '@podlift/sdk';

/** Every sentence of the plugin host, by name. */
export const PluginErrors = {
  unknown: (id: string): PodliftError =>
    new PodliftError('not_found', `there is no plugin ${id}`, { kind: 'missing', details: { plugin: id } }),

  notRunning: (id: string, reason: string | undefined): PodliftError =>
    new PodliftError('plugin_failed', `${id} does not run${reason ? `: ${reason}` : ''}`, {
      kind: 'unavailable',
      details: { plugin: id },
    }),

  disabled: (id: string): PodliftError =>
    new PodliftError('not_found', `${id} is not enabled for this tenant; an admin can enable it`, {
      kind: 'missing',
      details: { plugin: id },
    }),

  paused: (id: string, missing: readonly string[]): PodliftError =>
    new PodliftError('not_granted', `${id} waits for this tenant's consent to ${missing.join(', ')}`, {
      kind: 'forbidden',
      details: { plugin: id, missing },
    }),

  notGranted: (id: string, capability: string): PodliftError =>
    new PodliftError('not_granted', `this tenant has not granted ${capability} to ${id}`, {
      kind: 'forbidden',
      details: { plugin: id, capability },
    }),

  tooDeep: (id: string, target: string, depth: number): PodliftError =>
    new PodliftError('call_too_deep', `plugins call each other ${depth} deep at ${id} ${target}`),

  nobodyAnswers: (target: string): PodliftError =>
    new PodliftError('not_found', `nobody answers for ${target}`, { kind: 'missing' }),

  secretMissing: (id: string, name: string): PodliftError =>
    new PodliftError('not_found', `the secret ${name} of ${id} is not set for this tenant`, {
      kind: 'missing',
      details: { plugin: id, secret: name },
    }),

  upstream: (host: string, cause: unknown): PodliftError =>
    new PodliftError('upstream_failed', `${host} could not be reached`, { kind: 'unavailable', cause }),

  declaration: (id: string, differences: string): PodliftError =>
    new PodliftError(
      'declaration_mismatch',
      `${id} declares something else than its plugin.json says (${differences}); run pnpm freeze`,
    ),

  nothingToRemove: (command: string): PodliftError =>
    new PodliftError('invalid_input', `${command} has no tenant of its own that could be removed`, { kind: 'invalid' }),

  notDisposable: (slug: string): PodliftError =>
    new PodliftError('conflict', `the tenant ${slug} was not made by this command, which leaves it alone`, {
      kind: 'conflict',
    }),

  tenantUnknown: (): PodliftError => new PodliftError('invalid_input', 'this needs a tenant', { kind: 'invalid' }),
} as const;
