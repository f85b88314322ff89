import type { FileKind } from '@podlift/sdk';
import { FileErrors } from './errors.ts';
import type { FileRecord } from './rows/record.ts';

const DAY_MS = 86_400_000;

/** What the owners of files declare about them. */
export interface FileKinds {
  /** Declares the kinds of an owner; those of core come from several rooms and add up. */
  define(owner: string, kinds: Readonly<Record<string, FileKind>>): void;
  withdraw(owner: string): void;
  /** @throws PodliftError `files.kind_unknown` */
  get(owner: string, kind: string): FileKind;
  /** `undefined` for a file whose owner does not run now. */
  find(owner: string, kind: string): FileKind | undefined;
  all(): readonly { readonly owner: string; readonly kind: string; readonly retentionDays: number | undefined }[];
}

/** What members upload for nobody in particular. */
const UPLOAD: FileKind = {
  privacy: {
    category: 'personal',
    subject: 'customer',
    purpose: 'keep what members upload',
    erasure: 'delete',
  },
  listed: true,
  upload: true,
};

/** What a room of core keeps without declaring it. */
const OWN: FileKind = {
  privacy: { category: 'personal', subject: 'customer', purpose: 'keep what the host made', erasure: 'delete' },
};

const isCore = (owner: string): boolean => owner === 'core' || owner.startsWith('core.');

export function createKinds(): FileKinds {
  const owners = new Map<string, Readonly<Record<string, FileKind>>>([['core', { upload: UPLOAD }]]);
  const find = (owner: string, kind: string): FileKind | undefined => {
    const kinds = owners.get(owner);
    if (kinds && Object.hasOwn(kinds, kind)) return kinds[kind];
    return isCore(owner) && kind === 'file' ? OWN : undefined;
  };
  return {
    define: (owner, kinds) => void owners.set(owner, { ...(isCore(owner) && owners.get(owner)), ...kinds }),
    withdraw: (owner) => void (isCore(owner) || owners.delete(owner)),
    find,
    get(owner, kind) {
      const found = find(owner, kind);
      if (!found) throw FileErrors.kindUnknown(owner, kind);
      return found;
    },
    all: () =>
      [...owners].flatMap(([owner, kinds]) =>
        Object.entries(kinds).map(([kind, one]) => ({ owner, kind, retentionDays: retentionOf(one) })),
      ),
  };
}

/** The shorter of what the kind and its privacy say. */
export function retentionOf({ retentionDays, privacy }: FileKind): number | undefined {
  const personal = typeof privacy === 'object' ? privacy.retentionDays : undefined;
  if (retentionDays === undefined || personal === undefined) return retentionDays ?? personal;
  return Math.min(retentionDays, personal);
}

/** What a file takes over from its kind when it is placed. */
export function fromKind(kind: FileKind, createdAt: Date): Pick<FileRecord, 'erasure' | 'listed' | 'expiresAt'> {
  const days = retentionOf(kind);
  return {
    erasure: typeof kind.privacy === 'object' ? kind.privacy.erasure : 'delete',
    listed: kind.listed ?? false,
    expiresAt: days === undefined ? null : new Date(createdAt.getTime() + days * DAY_MS),
  };
}
