/** @module How rates, imports, changes and the state of the feed are stored. */
import { collection } from '@podlift/sdk';
import { z } from 'zod';
import { SOURCES } from './book.ts';

/** What one source says of one day. Its id is `sheetId`, so that the same day is the same record. */
export const SheetRecord = z.object({
  source: z.enum(SOURCES),
  base: z.string().length(3),
  /** Days since 1970-01-01. */
  day: z.int(),
  /** Decimals as they were written, so that nothing of them is lost. */
  rates: z.record(z.string(), z.string().max(25)),
});
export type SheetRecord = z.output<typeof SheetRecord>;
export const sheets = collection(SheetRecord, { indexes: [['source', 'day'], 'day'], privacy: 'none' });
export const sheetId = ({ source, base, day }: Pick<SheetRecord, 'source' | 'base' | 'day'>): string =>
  `${source}:${base}:${day}`;

/** What the network's own rates are like. One record, whose id is `ecb`. */
export const FeedRecord = z.object({
  /** Validators by address. */
  validators: z.record(z.string(), z.object({ etag: z.string().optional(), lastModified: z.string().optional() })),
  lastDay: z.int().optional(),
  readAt: z.date().optional(),
  failures: z.int().nonnegative(),
  failingSince: z.date().optional(),
  lastError: z.string().max(1000).optional(),
  told: z.boolean(),
  /** Slips that were read over the last time, such as codes that nobody knows. */
  warnings: z.array(z.string().max(300)).max(50),
});
export type FeedRecord = z.output<typeof FeedRecord>;
export const feeds = collection(FeedRecord, { privacy: 'none' });
export const FEED = 'ecb';

const ACTOR = {
  category: 'personal',
  subject: 'user',
  purpose: 'tell who changed rates',
  erasure: 'clear',
  identifies: 'user',
} as const;

/** An own rate that somebody set, or an import; what it was before and is now. */
export const ChangeRecord = z.object({
  at: z.date(),
  by: z.string().max(200).optional(),
  action: z.enum(['set', 'removed', 'imported']),
  day: z.int().optional(),
  base: z.string().optional(),
  currency: z.string().optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  /** Rates of an import. */
  count: z.int().optional(),
});
export const changes = collection(ChangeRecord, {
  indexes: ['at'],
  privacy: {
    at: 'none',
    by: ACTOR,
    action: 'none',
    day: 'none',
    base: 'none',
    currency: 'none',
    before: 'none',
    after: 'none',
    count: 'none',
  },
});

/** A file that is imported in the background. */
export const ImportRecord = z.object({
  file: z.uuid(),
  status: z.enum(['waiting', 'done', 'failed']),
  partial: z.boolean(),
  rows: z.int(),
  imported: z.int(),
  failed: z.int(),
  by: z.string().max(200).optional(),
  error: z.string().max(1000).optional(),
});
export const imports = collection(ImportRecord, {
  privacy: {
    file: 'none',
    status: 'none',
    partial: 'none',
    rows: 'none',
    imported: 'none',
    failed: 'none',
    by: ACTOR,
    error: 'none',
  },
});
