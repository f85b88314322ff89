import type { PermissionInput } from './permission.ts';

const everyone = ['owner', 'admin', 'analyst', 'viewer', 'billing', 'publisher'];
const staff = ['owner', 'admin', 'analyst', 'viewer'];
const admins = ['owner', 'admin'];

/** What core itself asks for. Plugins declare theirs in their manifests. */
export const CORE_PERMISSIONS: Readonly<Record<string, PermissionInput>> = {
  'tenant:read': { title: 'See the workspace', roles: everyone },
  'tenant:update': { title: 'Rename the workspace', roles: admins },
  'tenant:export': { title: 'Export the workspace', roles: ['owner'] },
  'tenant:delete': { title: 'Delete the workspace', roles: ['owner'] },
  'settings:read': { title: 'See settings', roles: staff },
  'settings:update': { title: 'Change settings', roles: admins },
  'members:read': { title: 'See members', roles: staff },
  'members:manage': { title: 'Add, change and remove members', roles: admins },
  'keys:read': { title: 'See API keys', roles: admins },
  'keys:manage': { title: 'Create and revoke API keys', roles: admins },
  'plugins:read': { title: 'See plugins', roles: staff },
  'plugins:manage': { title: 'Enable and disable plugins', roles: admins },
  'events:read': { title: 'See events and their delivery', roles: ['owner', 'admin', 'analyst'] },
  'events:manage': { title: 'Replay events and release parked ones', roles: admins },
  'jobs:read': { title: 'See jobs', roles: ['owner', 'admin', 'analyst'] },
  'jobs:manage': { title: 'Retry and cancel jobs', roles: admins },
  'files:read': { title: 'Read files', roles: staff },
  'files:write': { title: 'Upload files', roles: ['owner', 'admin', 'analyst'] },
  'notifications:read': { title: 'See how messages were delivered', roles: admins },
  'notifications:manage': { title: 'Send failed messages again', roles: admins },
  'privacy:read': { title: 'See what is kept about people, and their requests', roles: admins },
  'privacy:manage': { title: "Export and erase people's data", roles: admins },
  'sharing:read': { title: 'See what is shared with other workspaces', roles: staff },
  'sharing:manage': { title: 'Share data with other workspaces, and accept theirs', roles: admins },
  'audit:read': { title: 'Read the audit log', roles: admins },
  'billing:read': { title: 'See plan and usage', roles: ['owner', 'admin', 'billing'] },
  'billing:manage': { title: 'Change the plan', roles: ['owner', 'billing'] },
  'tenants:read': { title: 'See every tenant of the installation', operator: true },
  'tenants:manage': { title: 'Create, suspend and delete tenants', operator: true },
  'system:read': { title: 'See the state of the installation', operator: true },
  'system:manage': { title: 'Change the installation', operator: true },
};
