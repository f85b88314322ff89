import type { Config } from '../../config/index.ts';
import type { Database, MigrationOwner } from '../../data/index.ts';
import type { Health } from '../../telemetry/index.ts';
import { listNodes } from '../nodes.ts';
import type { Recovery } from '../recovery.ts';
import { isNewer } from '../version.ts';
import { databaseChecks } from './database-checks.ts';
import { diskChecks } from './disk-checks.ts';
import { failing, ok, runChecks, skipped, warning, type Check, type Finding } from './finding.ts';

export interface DoctorDeps {
  readonly config: Config;
  readonly database: Database;
  readonly health: Pick<Health, 'report'>;
  readonly recovery: Pick<Recovery, 'status'>;
  readonly plugins: {
    doctor(): readonly {
      readonly level: 'error' | 'warning' | 'note';
      readonly plugin: string;
      readonly message: string;
    }[];
  };
  readonly secrets: { get(tenant: string, owner: string, name: string): Promise<string | undefined> };
  readonly owners: readonly MigrationOwner[];
  readonly version: string;
}

const NODE_MAJOR = 26;
const SECRETS = 25;
/** Looked at by a check of their own. */
const OWN = new Set(['database', 'files', 'backup']);

/** Looks at the whole installation. Nothing is changed, and nothing that fails keeps the rest from being looked at. */
export const diagnose = (deps: DoctorDeps): Promise<Finding[]> =>
  runChecks([
    nodeCheck(),
    ...databaseChecks(deps.database, deps.owners),
    ...diskChecks(deps.config, deps.database),
    secretsCheck(deps),
    backupCheck(deps),
    versionsCheck(deps),
    healthCheck(deps),
    pluginsCheck(deps),
  ]);

/** 0 when nothing fails. */
export const exitCodeOf = (findings: readonly Finding[]): 0 | 1 =>
  findings.some(({ state }) => state === 'failing') ? 1 : 0;

const nodeCheck = (): Check => ({
  name: 'node',
  async run() {
    const { node } = process.versions;
    return Number(node.split('.')[0]) >= NODE_MAJOR
      ? ok(`Node ${node}`)
      : failing(`Node ${node}`, `Install Node ${NODE_MAJOR}.`);
  },
});

const secretsCheck = ({ database, secrets }: DoctorDeps): Check => ({
  name: 'secrets',
  async run() {
    const some = await database.system('doctor: secrets', (tx) =>
      tx.query<{ tenant: string; owner: string; name: string }>(
        'select tenant_id::text as tenant, owner, name from core.secret order by random() limit $1',
        [SECRETS],
      ),
    );
    let unreadable = 0;
    for (const { tenant, owner, name } of some) await secrets.get(tenant, owner, name).catch(() => (unreadable += 1));
    return unreadable === 0
      ? ok(some.length === 0 ? 'no secrets are kept' : `${some.length} sealed secrets taken at random can be read`)
      : failing(
          `${unreadable} of ${some.length} sealed secrets cannot be read`,
          'Give the master key they were sealed with in PODLIFT_MASTER_KEY or PODLIFT_MASTER_KEYS_OLD.',
        );
  },
});

const backupCheck = ({ config, recovery }: DoctorDeps): Check => ({
  name: 'backups',
  async run() {
    if (config.databaseUrl !== undefined)
      return skipped(
        'the database is not ours: its provider makes the backups; the guide "Backup and restore" says what to ask for',
      );
    const { scheduled, problem, last } = await recovery.status();
    if (!scheduled)
      return warning(
        last ? `backups are made by hand only; the last is ${last.id}` : 'no backup was ever made',
        'Set PODLIFT_BACKUP_DIR to a folder on another disk: then there is one every day, and the log is kept.',
      );
    return problem
      ? failing(problem, 'See `podlift backup schedule` and the log; `podlift backup create` tries at once.')
      : ok(`the last is ${last?.id ?? ''}`);
  },
});

const versionsCheck = ({ database, version }: DoctorDeps): Check => ({
  name: 'versions',
  async run() {
    const nodes = await listNodes(database);
    const versions = new Set(nodes.map((node) => node.version));
    const sets = new Set(nodes.map(({ plugins }) => plugins));
    const released = await database.query<{ version: string }>('select version from core.release');
    const newer = released.find((one) => isNewer(one.version, version));
    const told = nodes.map((node) => `${node.host}/${node.pid} ${node.role} ${node.version}`).join(', ');
    if (newer)
      return warning(
        `Podlift ${newer.version} ran on this database, and this is ${version}`,
        `Install ${newer.version} or later.`,
      );
    if (versions.size > 1)
      return warning(
        `nodes run different versions: ${told}`,
        'Restart the older ones; during a rolling restart this is as it should be.',
      );
    if (sets.size > 1)
      return warning(
        `nodes run different sets of plugins: ${told}`,
        'Install the same plugins everywhere and restart.',
      );
    return ok(
      nodes.length === 0
        ? `no node runs; this is ${version}`
        : `${nodes.length === 1 ? '1 node runs' : `${nodes.length} nodes run`} ${version}`,
    );
  },
});

const healthCheck = ({ health }: DoctorDeps): Check => ({
  name: 'health',
  async run() {
    const { checks } = await health.report();
    const ill = Object.entries(checks).filter(([name, { status }]) => status !== 'ok' && !OWN.has(name));
    if (ill.length === 0) return ok('every part says that it is well');
    return ill.map(([name, { status, reason }]) => ({
      state: status === 'failing' ? ('failing' as const) : ('warning' as const),
      message: `${name}: ${reason ?? status}`,
      fix: 'See the log of the process for what happened before.',
    }));
  },
});

const pluginsCheck = ({ plugins }: DoctorDeps): Check => ({
  name: 'plugins',
  async run() {
    const findings = plugins.doctor();
    if (findings.every(({ level }) => level === 'note'))
      return [...ok('all plugins are well'), ...findings.map(toNote)];
    return findings.map(({ level, plugin, message }) => ({
      state: ({ error: 'failing', warning: 'warning', note: 'ok' } as const)[level],
      message: `${plugin} ${message}`,
      ...(level === 'error' && { fix: `Correct the cause, then \`podlift plugin retry ${plugin}\`.` }),
    }));
  },
});

const toNote = ({ plugin, message }: { plugin: string; message: string }) => ({
  state: 'ok' as const,
  message: `${plugin} ${message}`,
});
