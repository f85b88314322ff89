import { z } from 'zod';

/** Where a stretch of a file lies: name of the part, offset in it, length. */
export const Piece = z.tuple([z.string(), z.number().int(), z.number().int()]);
/** One file of a backup and the parts that hold its bytes, in order. */
export const Entry = z.object({ path: z.string(), size: z.number().int(), pieces: z.array(Piece) });
export type Entry = z.output<typeof Entry>;

/** Bytes of a part: small files share one, large ones take several. A page that changed costs one part, not the file. */
export const PART_BYTES = 8 * 1024 * 1024;
/** Files from this size on have parts of their own. */
export const LARGE_BYTES = 1024 * 1024;
