import { describe, expect, test } from 'vitest';
import { createAccess } from './access.ts';
import { AccessError } from './errors.ts';
import { ROLES } from './role.ts';

const campaigns = {
  'campaigns:read': { title: 'See campaigns', roles: ['admin', 'analyst'] },
  'campaigns:update': { title: 'Change campaigns', roles: ['admin'] },
  'campaigns:delete': { title: 'Delete campaigns' },
};

function withCampaigns(rules: readonly unknown[] = []) {
  const access = createAccess();
  access.contribute('acme.campaigns', campaigns, rules);
  return access;
}

describe('roles', () => {
  const access = withCampaigns();
  test.each([
    ['owner', 'campaigns:delete', true],
    ['owner', 'tenant:delete', true],
    ['admin', 'tenant:delete', false],
    ['admin', 'campaigns:update', true],
    ['admin', 'campaigns:delete', false],
    ['analyst', 'campaigns:read', true],
    ['analyst', 'campaigns:update', false],
    ['viewer', 'campaigns:read', false],
    ['billing', 'billing:manage', true],
    ['billing', 'members:read', false],
    ['publisher', 'tenant:read', true],
    ['publisher', 'settings:read', false],
  ] as const)('%s, %s: %s', (role, permission, expected) => {
    expect(access.abilityFor({ role, operator: false }).can(permission)).toBe(expected);
  });

  test('two roles hold what both of them hold', () => {
    const holds = (role: 'admin' | 'analyst', within: 'admin' | 'analyst', permission: string) =>
      access.abilityFor({ role, within, operator: false }).can(permission);
    expect(holds('admin', 'analyst', 'campaigns:read')).toBe(true);
    expect(holds('admin', 'analyst', 'campaigns:update')).toBe(false);
    expect(holds('analyst', 'admin', 'campaigns:update')).toBe(false);
    expect(holds('admin', 'admin', 'campaigns:update')).toBe(true);
  });

  test('two roles are given what a rule gives to both, and lose what one takes from either', () => {
    const ruled = withCampaigns([
      { subject: 'campaigns', action: 'update', roles: ['analyst'] },
      { subject: 'campaigns', action: 'read', roles: ['analyst'], inverted: true },
    ]);
    const both = ruled.abilityFor({ role: 'admin', within: 'analyst', operator: false });
    expect(both.permissions.filter((name) => name.startsWith('campaigns:'))).toEqual([]);
  });

  test('no role, no permission', () => {
    expect(access.abilityFor({ operator: false }).permissions).toEqual([]);
  });

  test('no role carries what belongs to the installation', () => {
    const wrong = ROLES.filter((role) => access.abilityFor({ role, operator: false }).can('tenants:manage'));
    expect(wrong).toEqual([]);
    expect(access.abilityFor({ operator: true }).can('tenants:manage')).toBe(true);
    expect(access.abilityFor({ operator: true }).can('members:manage')).toBe(false);
  });
});

describe('scopes of a key', () => {
  const access = withCampaigns();
  const may = (scopes: string[], permission: string, role: 'admin' | 'owner' = 'admin') =>
    access.abilityFor({ role, operator: false, scopes }).can(permission);

  test('narrow the role', () => {
    expect(may(['campaigns:read'], 'campaigns:read')).toBe(true);
    expect(may(['campaigns:read'], 'campaigns:update')).toBe(false);
    expect(may(['campaigns:*'], 'campaigns:update')).toBe(true);
    expect(may([], 'campaigns:read', 'owner')).toBe(false);
  });

  test('never widen it', () => {
    expect(may(['campaigns:delete'], 'campaigns:delete')).toBe(false);
    expect(may(['tenants:manage'], 'tenants:manage', 'owner')).toBe(false);
  });

  test('`manage` is an action like any other, not all of them', () => {
    expect(may(['keys:manage'], 'keys:manage')).toBe(true);
    expect(may(['keys:manage'], 'keys:read')).toBe(false);
    access.contribute('acme.all', { 'all:manage': { title: 'x', roles: ['viewer'] } });
    expect(access.abilityFor({ role: 'viewer', operator: false }).can('campaigns:delete')).toBe(false);
    access.withdraw('acme.all');
  });

  test('`*:*` covers what the role may do, and no more', () => {
    expect(may(['*:*'], 'campaigns:read')).toBe(true);
    expect(may(['*:*'], 'campaigns:delete')).toBe(false);
    expect(may(['*:*'], 'tenants:manage', 'owner')).toBe(false);
  });

  test('are no patterns beyond these', () => {
    const odd = ['*', '*:read', 'campaigns', 'campaigns:', 'camp*:read', 'campaigns:re*'];
    expect(odd.filter((scope) => may([scope], 'campaigns:read'))).toEqual([]);
  });
});

describe('rules with conditions', () => {
  const access = withCampaigns([
    { roles: ['analyst'], subject: 'campaigns', action: 'update', conditions: { ownerId: '${user.id}' } },
    {
      roles: ['admin', 'analyst'],
      subject: 'campaigns',
      action: 'update',
      inverted: true,
      conditions: { status: { $in: ['archived'] } },
    },
    { roles: ['viewer'], subject: 'campaigns', action: 'read', fields: ['name'] },
  ]);
  const analyst = access.abilityFor({ role: 'analyst', operator: false, user: { id: 'u1' } });

  test('hold for the record they match', () => {
    expect(analyst.can('campaigns:update')).toBe(true);
    expect(analyst.can('campaigns:update', { ownerId: 'u1', status: 'live' })).toBe(true);
    expect(analyst.can('campaigns:update', { ownerId: 'u2', status: 'live' })).toBe(false);
    expect(analyst.can('campaigns:update', Object.freeze({ ownerId: 'u1', status: 'archived' }))).toBe(false);
  });

  test('differ from user to user', () => {
    const other = access.abilityFor({ role: 'analyst', operator: false, user: { id: 'u2' } });
    expect(other.can('campaigns:update', { ownerId: 'u2' })).toBe(true);
    expect(other.can('campaigns:update', { ownerId: 'u1' })).toBe(false);
  });

  test('may be limited to fields', () => {
    const viewer = access.abilityFor({ role: 'viewer', operator: false, user: { id: 'u1' } });
    expect(viewer.can('campaigns:read', {}, 'name')).toBe(true);
    expect(viewer.can('campaigns:read', {}, 'budget')).toBe(false);
  });

  test('are narrowed by scopes too', () => {
    const key = access.abilityFor({ role: 'analyst', operator: false, scopes: ['campaigns:read'], user: { id: 'u1' } });
    expect(key.can('campaigns:update', { ownerId: 'u1' })).toBe(false);
  });

  test('never run with a value that is missing', () => {
    expect(() => access.abilityFor({ role: 'analyst', operator: false })).toThrow(/\$\{user.id\}/);
  });
});

describe('refused', () => {
  const rule = { roles: ['admin'], subject: 'campaigns', action: 'update', inverted: true };
  test.each([
    ['$or', { ...rule, conditions: { $or: [{ a: 1 }, { b: 2 }] } }, /one rule for each alternative/],
    ['$not', { ...rule, conditions: { $not: { a: 1 } } }, /all fields of one rule must match/],
    ['$regex', { ...rule, conditions: { name: { $regex: '.*' } } }, /"\$regex" is not a comparison/],
    ['a nested object', { ...rule, conditions: { owner: { id: 1 } } }, /"id" is not a comparison/],
    ['an empty comparison', { ...rule, conditions: { owner: {} } }, /neither a plain value nor a comparison/],
    ['a path', { ...rule, conditions: { 'owner.id': 1 } }, /not the name of a field/],
    ['an unknown role', { ...rule, roles: ['king'] }, /roles\.0/],
    ['an unknown member', { ...rule, allow: true }, /allow/],
    ['a subject of others', { ...rule, subject: 'tenant' }, /not a permission of its own/],
    ['everything', { ...rule, subject: 'all', action: 'manage', inverted: false }, /not a permission of its own/],
  ])('%s', (_, bad, why) => {
    expect(() => withCampaigns([bad])).toThrow(why);
    expect(() => withCampaigns([bad])).toThrow(AccessError);
  });

  test('a permission that somebody else declared', () => {
    expect(() => withCampaigns().contribute('evil.plugin', { 'members:manage': { title: 'x' } })).toThrow(
      'evil.plugin declares the permission "members:manage", which belongs to core.',
    );
  });

  test.each(['campaigns', 'Campaigns:read', 'campaigns:*', ':read', 'a b:read'])('the name %s', (name) => {
    expect(() => createAccess().contribute('acme.x', { [name]: { title: 'x' } })).toThrow(/reads <subject>:<action>/);
  });
});

test('an unknown permission on a route stops the start and says what is near', () => {
  expect(() => withCampaigns().assertKnown('campaigns:reed', 'GET /api/v1/campaigns')).toThrow(
    'GET /api/v1/campaigns asks for the permission "campaigns:reed", which nobody declares. Did you mean campaigns:read or campaigns:update or campaigns:delete?',
  );
});

test('routes are held against what is declared', () => {
  const route = (permission: string) => ({ methods: ['GET'], path: '/x', rules: { permission } });
  const access = withCampaigns();
  expect(() => access.assertRoutes(['public', 'signed-in', 'operator', 'campaigns:read'].map(route))).not.toThrow();
  expect(() => access.assertRoutes([route('shows:read')])).toThrow(/^GET \/x asks for the permission "shows:read"/);
});

test('what is withdrawn is gone at once', () => {
  const access = withCampaigns();
  const before = access.version;
  expect(access.abilityFor({ role: 'admin', operator: false }).can('campaigns:read')).toBe(true);
  access.withdraw('acme.campaigns');
  expect(access.version).toBeGreaterThan(before);
  expect(access.abilityFor({ role: 'admin', operator: false }).can('campaigns:read')).toBe(false);
});
