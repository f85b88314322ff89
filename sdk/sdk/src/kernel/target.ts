import type { ContractId } from '../contract-id.ts';
import type { TenantChange } from '../declare.ts';

/** Names of what the host may invoke in a plugin. Ids hold no colon, so the parts cannot be confused. */
export const target = {
  route: 'route',
  health: 'health',
  subject: 'subject',
  service: (id: ContractId, method: string) => `service:${id}:${method}`,
  entry: (point: ContractId, id: string, method: string) => `entry:${point}:${id}:${method}`,
  event: (id: ContractId) => `event:${id}`,
  batch: (id: ContractId) => `batch:${id}`,
  job: (name: string) => `job:${name}`,
  tenant: (change: TenantChange) => `tenant:${change}`,
  command: (name: string) => `command:${name}`,
} as const;
