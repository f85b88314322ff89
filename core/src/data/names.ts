import { DataError } from './errors.ts';

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Checks and quotes a name that goes into SQL text. */
export function ident(name: string): string {
  if (!NAME.test(name)) throw DataError.identifier(name);
  return `"${name}"`;
}

/** Quotes `schema.name`, or `name` in the given schema. */
export function qualified(name: string, schema?: string): string {
  const parts = name.split('.');
  if (parts.length > 2) throw DataError.identifier(name);
  return (parts.length === 2 || schema === undefined ? parts : [schema, ...parts]).map(ident).join('.');
}

/** A text as an SQL literal. Only for what cannot be a parameter (passwords in `create role`, settings). */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Checks a tenant's id before it goes into SQL text. Hot path: one regular expression. */
export function tenantId(id: string): string {
  if (!UUID.test(id)) throw DataError.tenant(id);
  return id;
}
