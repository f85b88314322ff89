import { defineManifest, job, text, type Context } from '@podlift/sdk';
import { z } from 'zod';
import { changes, feeds, imports, sheets } from './collections.ts';
import { CurrencyCode, rates, ratesChanged } from './contract.ts';
import { notifications } from './notifications.ts';

/** Reads the reference rates after they were published: about 16:00 in Frankfurt, on working days. */
export const fetchReference = job('fetch-reference', z.object({}), {
  queue: 'bulk',
  cron: '30 16 * * 1-5',
  spreadMs: 4 * 3_600_000,
  timeoutMs: 120_000,
  attempts: 4,
  backoff: { delayMs: 60_000, factor: 5 },
});
/** Reads reference rates of the past, when somebody asks for them. */
export const fetchHistory = job('fetch-history', z.object({ history: z.enum(['new', '90-days', 'all']) }), {
  queue: 'default',
  timeoutMs: 300_000,
  attempts: 3,
  concurrency: 1,
});
/** Imports a large file of own rates. */
export const importFile = job('import-rates', z.object({ id: z.uuid() }), {
  queue: 'default',
  timeoutMs: 300_000,
  attempts: 3,
  concurrency: 1,
});

/** Which sources count, and which of two wins. */
export const SOURCE_ORDERS = {
  'own-first': ['own', 'ecb'],
  'ecb-first': ['ecb', 'own'],
  'own-only': ['own'],
  'ecb-only': ['ecb'],
} as const;

export const manifest = defineManifest({
  id: 'podlift.currency',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Currencies', de: 'Währungen' }),
  description: text({
    en: 'Rates by date, your own and the European Central Bank’s, and exact conversion.',
    de: 'Tageskurse, eigene und die der Europäischen Zentralbank, und exakte Umrechnung.',
  }),
  capabilities: ['data:collections', 'net:fetch', 'jobs:enqueue', 'files'],
  hosts: ['www.ecb.europa.eu'],
  settings: z.object({
    baseCurrency: CurrencyCode.default('USD').meta({
      title: 'Base currency',
      description: 'Two rates are joined over it when no source knows a pair, and lists of rates begin with it.',
    }),
    sources: z.enum(['own-first', 'ecb-first', 'own-only', 'ecb-only']).default('own-first').meta({
      title: 'Which rates count',
      description: 'Where both sources know a pair, the first one wins. With own-only nothing is fetched.',
    }),
    maxAgeDays: z.int().min(0).max(366).default(7).meta({
      title: 'Reference rates hold for (days)',
      description: 'On days without a rate the last one before counts, unless it is older than this.',
    }),
    ownMaxAgeDays: z.int().min(0).max(366).default(31).meta({
      title: 'Own rates hold for (days)',
      description: 'A rate that is entered once a month needs 31.',
    }),
  }),
  collections: { sheets, feeds, changes, imports },
  files: {
    import: {
      title: text({ en: 'Files of currency rates', de: 'Dateien mit Wechselkursen' }),
      privacy: 'none',
      retentionDays: 30,
      maxBytes: 16 * 1024 * 1024,
    },
  },
  provides: [rates],
  emits: [ratesChanged],
  notifications: [notifications.feedFailing],
  permissions: {
    'currency:read': {
      title: text({ en: 'See currency rates and convert', de: 'Wechselkurse sehen und umrechnen' }),
      roles: ['owner', 'admin', 'analyst', 'viewer', 'billing', 'publisher'],
    },
    'currency:write': {
      title: text({
        en: 'Enter, import and fetch currency rates',
        de: 'Wechselkurse eintragen, importieren und abrufen',
      }),
      roles: ['owner', 'admin', 'billing'],
    },
  },
  prefixes: ['/api/v1/currency'],
});
export type Ctx = Context<typeof manifest>;
