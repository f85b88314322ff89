import type { Identifier } from '@podlift/sdk';
import type { Personal, PrivacyCatalog } from '../catalog/privacy.ts';
import { PortabilityError } from '../errors.ts';

/** One identifier as it is compared: addresses in small letters, numbers as digits. */
export function normalize({ kind, value }: Identifier): Identifier {
  const plain = value.trim();
  if (kind === 'email') return { kind, value: plain.toLowerCase() };
  if (kind === 'phone') return { kind, value: plain.replaceAll(/[^+\d]/g, '') };
  return { kind, value: plain };
}

/** How a column is compared with an identifier of its kind. */
export const comparable = (kind: string, column: string): string =>
  kind === 'email'
    ? `lower(${column}::text)`
    : kind === 'phone'
      ? `regexp_replace(${column}::text, '[^+0-9]', '', 'g')`
      : `${column}::text`;

/** Names without doubles. */
export function createIdentifierSet(given: Iterable<Identifier> = []) {
  const all = new Map<string, Identifier>();
  /** Returns those that are new. */
  const add = (more: Iterable<Identifier>): Identifier[] => {
    const fresh: Identifier[] = [];
    for (const one of more) {
      const plain = normalize(one);
      const key = `${plain.kind}\n${plain.value}`;
      if (plain.value === '' || all.has(key)) continue;
      all.set(key, plain);
      fresh.push(plain);
    }
    return fresh;
  };
  add(given);
  return {
    add,
    list: (): Identifier[] => [...all.values()],
    get size() {
      return all.size;
    },
  };
}

/** Every kind of name that some column has. */
export function knownKinds(catalog: PrivacyCatalog): string[] {
  const kinds = new Set<string>();
  const note = (columns: Iterable<Personal>): void => {
    for (const { identifies } of columns) if (identifies !== undefined) kinds.add(identifies);
  };
  for (const { personal, fields } of catalog.values()) {
    note(personal.values());
    if (fields) note(fields.values());
  }
  kinds.delete('*');
  kinds.delete('qualified');
  return [...kinds].toSorted();
}

/** Kinds that plugins turn into names of their own, beside those that columns have. */
const ASKED = ['email', 'phone', 'user', 'anonymous', 'ip', 'household', 'external'];

/** @throws PodliftError when nothing names the person, or something does that nobody here knows. */
export function assertIdentifiers(given: readonly Identifier[], catalog: PrivacyCatalog): void {
  if (given.length === 0) throw PortabilityError.noIdentifier();
  const known = new Set([...knownKinds(catalog), ...ASKED]);
  const odd = given.find(({ kind }) => !known.has(kind));
  if (odd) throw PortabilityError.badIdentifier(odd.kind, [...known].toSorted());
}

/** By kind, as statements take them. */
export function byKind(identifiers: readonly Identifier[]): Map<string, string[]> {
  const kinds = new Map<string, string[]>();
  for (const { kind, value } of identifiers) kinds.set(kind, [...(kinds.get(kind) ?? []), value]);
  return kinds;
}
