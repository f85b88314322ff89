import { PodliftError, type InvalidField } from '../errors.ts';
import type { Capability, Manifest } from '../manifest.ts';
import { localViewName, viewOwner } from '../published-view.ts';

const ID = /^[a-z][a-z0-9-]{0,39}\.[a-z][a-z0-9-]{0,39}$/;
const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const CONTRACT = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9_-]*)+@[1-9]\d*$/;
const PERMISSION = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/;
const HOST = /^\*$|^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const PREFIX = /^(\/[a-zA-Z0-9._~-]+)+$/;
const NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,59}$/;

/** @throws PodliftError `invalid_plugin` naming everything that is wrong with a manifest. */
export function assertManifest(manifest: Manifest): void {
  const problems = manifestProblems(manifest);
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
  throw PodliftError.invalidPlugin(manifest.id, `has a manifest that does not hold: ${list}`, problems);
}

/** Everything that is wrong with a manifest, beyond what its types say. */
export function manifestProblems(manifest: Manifest): InvalidField[] {
  return [
    ...identityProblems(manifest),
    ...nameProblems(manifest),
    ...capabilityProblems(manifest),
    ...dataProblems(manifest),
    ...notificationProblems(manifest),
    ...searchProblems(manifest),
    ...flagProblems(manifest),
  ];
}

const problem = (path: string, message: string): InvalidField => ({ path: path.split('/'), message });
const unless = (holds: boolean, path: string, message: string): InvalidField[] =>
  holds ? [] : [problem(path, message)];

function identityProblems({ id, version, sdk, license }: Manifest): InvalidField[] {
  return [
    ...unless(ID.test(id), 'id', 'is <publisher>.<name> in lower case letters, digits and dashes'),
    ...unless(VERSION.test(version), 'version', 'is no semantic version'),
    ...unless(sdk.trim() !== '', 'sdk', 'names no range of SDK versions'),
    ...unless(license.trim() !== '', 'license', 'names no licence'),
  ];
}

function nameProblems(manifest: Manifest): InvalidField[] {
  const { hosts = [], secrets = [], prefixes = [], permissions = {}, collections = {}, files = {} } = manifest;
  return [
    ...contractProblems(manifest),
    ...hosts.flatMap((host) => unless(HOST.test(host), `hosts/${host}`, 'is no host name')),
    ...secrets.flatMap((name) => unless(NAME.test(name), `secrets/${name}`, 'is no name')),
    ...prefixes.flatMap((path) => unless(PREFIX.test(path), `prefixes/${path}`, 'is no path without parameters')),
    ...Object.keys(permissions).flatMap((name) =>
      unless(PERMISSION.test(name), `permissions/${name}`, 'is not <subject>:<action>'),
    ),
    ...Object.keys(collections).flatMap((name) => unless(NAME.test(name), `collections/${name}`, 'is no name')),
    ...Object.entries(files).flatMap(([kind, { maxBytes = 1, retentionDays = 1 }]) => [
      ...unless(NAME.test(kind), `files/${kind}`, 'is no name'),
      ...unless(Number.isInteger(maxBytes) && maxBytes > 0, `files/${kind}/maxBytes`, 'is no number of bytes'),
      ...unless(
        Number.isInteger(retentionDays) && retentionDays > 0,
        `files/${kind}/retentionDays`,
        'is no number of days',
      ),
    ]),
  ];
}

function flagProblems({ flags = {}, meters = {} }: Manifest): InvalidField[] {
  return [
    ...Object.entries(flags).flatMap(([name, flag]) => [
      ...unless(NAME.test(name), `flags/${name}`, 'is no name'),
      ...(flag.type === 'variants'
        ? [
            ...unless(flag.variants.includes(flag.default), `flags/${name}/default`, 'is none of its variants'),
            ...unless(
              new Set(flag.variants).size === flag.variants.length,
              `flags/${name}/variants`,
              'names one twice',
            ),
            ...flag.variants.flatMap((one) =>
              unless(NAME.test(one), `flags/${name}/variants`, `has ${one}, which is no name`),
            ),
          ]
        : []),
    ]),
    ...Object.entries(meters).flatMap(([name, { unit }]) => [
      ...unless(NAME.test(name), `meters/${name}`, 'is no name'),
      ...unless(unit.trim() !== '', `meters/${name}/unit`, 'is empty'),
    ]),
  ];
}

function contractProblems({ requires, optional, provides, opens, emits, consumes }: Manifest): InvalidField[] {
  const lists = {
    requires: Object.values(requires ?? {}),
    optional: Object.values(optional ?? {}),
    provides,
    opens,
    emits,
    consumes,
  };
  return Object.entries(lists).flatMap(([field, contracts = []]) => {
    const ids = contracts.map(({ id }) => id);
    const distinct = field === 'requires' || field === 'optional' || new Set(ids).size === ids.length;
    return [
      ...ids.flatMap((id) => unless(CONTRACT.test(id), `${field}/${id}`, 'is not <name>.<name>@<major>')),
      ...unless(distinct, field, 'names a contract twice'),
    ];
  });
}

function capabilityProblems(manifest: Manifest): InvalidField[] {
  const { capabilities = [], optionalCapabilities = [] } = manifest;
  const all = new Set<Capability>([...capabilities, ...optionalCapabilities]);
  const needs = (field: keyof Manifest, used: boolean, ...anyOf: Capability[]): InvalidField[] =>
    unless(!used || anyOf.some((one) => all.has(one)), field, `needs the capability ${anyOf.join(' or ')}`);
  return [
    ...unless(
      all.size === capabilities.length + optionalCapabilities.length,
      'capabilities',
      'names a capability twice',
    ),
    ...needs('hosts', (manifest.hosts ?? []).length > 0, 'net:fetch'),
    ...needs('secrets', (manifest.secrets ?? []).length > 0, 'secrets:read', 'net:fetch'),
    ...needs('collections', Object.keys(manifest.collections ?? {}).length > 0, 'data:collections'),
    ...needs('files', Object.keys(manifest.files ?? {}).length > 0, 'files'),
    ...needs('data', manifest.data !== undefined, 'data:sql'),
    ...needs('data', (manifest.data?.ingest ?? []).length > 0, 'data:ingest'),
  ];
}

const CATEGORIES: ReadonlySet<string> = new Set(['activity', 'results', 'problems', 'billing']);

function notificationProblems({ notifications = [] }: Manifest): InvalidField[] {
  const names = notifications.map(({ name }) => name);
  return [
    ...unless(new Set(names).size === names.length, 'notifications', 'names a kind twice'),
    ...notifications.flatMap(({ name, category, channels = [] }) => [
      ...unless(NAME.test(name), `notifications/${name}`, 'is no name'),
      ...unless(CATEGORIES.has(category), `notifications/${name}`, `has the category ${category}, which is not known`),
      ...unless(new Set(channels).size === channels.length, `notifications/${name}`, 'names a channel twice'),
    ]),
  ];
}

function searchProblems({ search = {}, permissions = {} }: Manifest): InvalidField[] {
  return Object.entries(search).flatMap(([kind, { permission, page }]) => [
    ...unless(NAME.test(kind), `search/${kind}`, 'is no name'),
    ...unless(
      permission in permissions,
      `search/${kind}`,
      `asks for ${permission}, which the manifest does not declare`,
    ),
    ...unless(page.includes('{id}'), `search/${kind}`, 'has a page without {id}'),
  ]);
}

function dataProblems({ id, data }: Manifest): InvalidField[] {
  const { migrations = [], publishes = [], ingest = [] } = data ?? {};
  const names = migrations.map(({ name }) => name);
  const operations = migrations.flatMap((one) => one.operations);
  const views = new Set(operations.flatMap((one) => (one.kind === 'view' ? [one.view.name] : [])));
  const functions = new Set(operations.flatMap((one) => (one.kind === 'ingestFunction' ? [one.function.name] : [])));
  const ordered = names.every((name, i) => i === 0 || (names[i - 1] ?? '') < name);
  return [
    ...unless(ordered, 'data/migrations', 'are not in order of their names, or one comes twice'),
    ...publishes.flatMap((view) => [
      ...unless(viewOwner(view) === id, `data/publishes/${view.id}`, `belongs to ${viewOwner(view)}`),
      ...unless(views.has(localViewName(view)), `data/publishes/${view.id}`, 'is made by no migration'),
    ]),
    ...ingest.flatMap(({ name }) => unless(functions.has(name), `data/ingest/${name}`, 'is made by no migration')),
  ];
}
