import { z } from 'zod';
import { extensionPoint } from './extension-point.ts';
import { method } from './method.ts';

/** What may be shared, and with whom, in the plugin's own words: `{ placements: ['…'] }`. */
const Scope = z.record(z.string(), z.json());
const Row = z.record(z.string(), z.json());

/** Where a copied row came from. A receiver's row keeps `share`: it is what withdrawing asks for. */
const Provenance = z.object({
  share: z.uuid(),
  /** The tenant that shared it. */
  grantor: z.uuid(),
  grantorName: z.string(),
  /** When it was copied. */
  at: z.iso.datetime(),
});

/**
 * A point that the host opens: data of a plugin that one tenant may share with another. Rows are copied into the
 * receiver's own rows; nobody ever reads another tenant's. The host calls `export` in the grantor's tenant and `import`
 * and `withdraw` in the receiver's, and commits each page of an import together with how far it came.
 */
export const sharedDataset = extensionPoint(
  'podlift.sharing@1',
  z.object({
    title: z.union([z.string(), z.looseObject({ en: z.string() })]),
    description: z.union([z.string(), z.looseObject({ en: z.string() })]),
    /** Whether rows tell about people: terms have to say why. */
    personal: z.boolean(),
  }),
  {
    /** Checks a scope and says it in one sentence. Refuse what is not the grantor's with `invalid` or `missing`. */
    check: method(z.object({ scope: Scope }), z.object({ summary: z.string().max(500) })),
    /** The rows after a cursor, oldest first. `done` says that there is nothing more for now; the cursor goes on from there later. */
    export: method(
      z.object({ scope: Scope, cursor: z.string().nullable(), limit: z.int() }),
      z.object({ rows: z.array(Row).max(2000), cursor: z.string().max(2000).nullable(), done: z.boolean() }),
    ),
    /** Keeps rows, with where they came from. A row that is there already is not kept twice. */
    import: method(z.object({ rows: z.array(Row), provenance: Provenance }), z.object({ kept: z.int() })),
    /** Removes at most `limit` rows of a share; says whether some are left. */
    withdraw: method(z.object({ share: z.uuid(), limit: z.int() }), z.object({ left: z.boolean() })),
  },
);
