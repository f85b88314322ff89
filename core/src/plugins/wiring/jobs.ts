import { Cancel, fromJson, target, type DeclaredJob, type JobFacts } from '@podlift/sdk/kernel';
import type { ClosedJob, JobDefinition } from '../../jobs/index.ts';
import { invoke } from '../calls/invoke.ts';
import type { World } from '../calls/world.ts';
import { PluginErrors } from '../errors.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { closedFor } from '../tenants/consent.ts';

const ACTOR = { kind: 'system', id: 'jobs' } as const;
/** How long an attempt may take when the job does not say. */
const TIMEOUT_MS = 10 * 60_000;

/** The name of a plugin's job in the jobs room. */
export const jobName = (plugin: string, job: string): string => `${plugin}/${job}`;

/** What the jobs room is told about a plugin's jobs. */
export const jobsOf = (world: World, plugin: LoadedPlugin): JobDefinition[] =>
  plugin.json.declares.jobs.map((job) => toDefinition(world, plugin, job));

function toDefinition(world: World, plugin: LoadedPlugin, job: DeclaredJob): JobDefinition {
  const { name, queue, attempts, cron, timeoutMs = TIMEOUT_MS, backoff = {}, concurrency, spreadMs } = job;
  return {
    name: jobName(plugin.id, name),
    timeoutMs,
    ...(backoff.delayMs !== undefined && { backoffMs: backoff.delayMs }),
    ...(backoff.factor !== undefined && { backoffFactor: backoff.factor }),
    ...(backoff.maxMs !== undefined && { backoffMaxMs: backoff.maxMs }),
    ...(backoff.jitter !== undefined && { backoffJitter: backoff.jitter }),
    ...(concurrency !== undefined && { concurrency }),
    ...(spreadMs !== undefined && { jitterMs: spreadMs }),
    closed: (tenant) => closedJob(world, plugin, tenant),
    ...(queue !== undefined && { queue }),
    ...(attempts !== undefined && { attempts }),
    ...(cron !== undefined && { cron }),
    async run(data, context) {
      const { id, tenant, attempt, signal } = context;
      const extra: JobFacts = { id, attempt };
      const cancel = Cancel.from(signal);
      const began = performance.now();
      const { usage } = world.deps;
      await invoke(world, {
        plugin: plugin.id,
        target: target.job(name),
        input: fromJson(structuredClone(data)),
        extra,
        tenant,
        actor: ACTOR,
        trace: context.requestId ?? id,
        timeoutMs,
        commit: (tx) => context.complete(tx),
        listen: { progress: (done, total) => context.progress(done, total) },
        ...(cancel && { cancel }),
      }).finally(() => {
        usage?.add(tenant, 'jobs.run', 1, plugin.id);
        usage?.add(tenant, 'jobs.ms', performance.now() - began, plugin.id);
      });
    },
  };
}

/** A tenant that has disabled the plugin meanwhile wants none of its jobs; one that has yet to consent may want them later. */
async function closedJob(world: World, plugin: LoadedPlugin, tenant: string): Promise<ClosedJob | undefined> {
  const closed = closedFor(plugin, await world.facts.get(tenant));
  if (!closed) return undefined;
  return closed.why === 'disabled'
    ? { state: 'cancelled', reason: PluginErrors.disabled(plugin.id).message }
    : { state: 'failed', reason: PluginErrors.paused(plugin.id, closed.missing).message };
}
