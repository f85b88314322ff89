/** What a member may be in a tenant. Rules give permissions to roles; `owner` has every permission of the tenant. */
export const ROLES = ['owner', 'admin', 'analyst', 'viewer', 'billing', 'publisher'] as const;

export type Role = (typeof ROLES)[number];

/** What each role is for, in the words that people see when they invite somebody. */
export const ROLE_TITLES: Readonly<Record<Role, string>> = {
  owner: 'Owner: everything, including deleting the workspace',
  admin: 'Admin: people, keys, plugins and settings',
  analyst: 'Analyst: reads everything, runs and saves analyses',
  viewer: 'Viewer: reads results',
  billing: 'Billing: plan, usage and invoices',
  publisher: 'Publisher: sees only what concerns its own shows',
};

export const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);
