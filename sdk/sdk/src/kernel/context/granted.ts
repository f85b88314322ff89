import type { EnqueueOptions, JobType } from '../../job.ts';
import type { FetchInit } from '../../grants.ts';
import { parseJson } from '../../json.ts';
import type { Ingestion } from '../../ingestion.ts';
import type { UsageAmount, UsageQuery } from '../../meter.ts';
import type { Capability, Manifest } from '../../manifest.ts';
import type { Call } from '../call.ts';
import { Cancel } from '../cancel.ts';
import { parsed } from '../parse.ts';
import { responseFromWire, type WireResponse } from '../wire-http.ts';
import { openCollection } from './collections.ts';
import { openDatabase } from './database.ts';
import { createFiles } from './files.ts';

/** One member that a capability adds to a context: made from the call, at its first use. */
export type Member = (call: Call) => unknown;

/** The members of every capability. What a call asks for is checked again by the host, which trusts no types. */
export const membersOf = (manifest: Manifest): Readonly<Record<Capability, Readonly<Record<string, Member>>>> => ({
  'net:fetch': { fetch: createFetch },
  'secrets:read': { secret: (call) => (name: string) => call.ask('secret', { name }) },
  'data:collections': {
    collections: (call) =>
      Object.fromEntries(
        Object.entries(manifest.collections ?? {}).map(([name, type]) => [name, openCollection(call, name, type)]),
      ),
  },
  'data:sql': { db: (call) => openDatabase(call, manifest.id) },
  'data:ingest': {
    ingest:
      (call) =>
      ({ name }: Ingestion, columns: object) =>
        call.ask('ingest', { name, columns }),
  },
  'jobs:enqueue': { enqueue: createEnqueue },
  'usage:read': {
    // The host's own answer.
    usage: (call) => ({ read: async (query: UsageQuery) => (await call.ask('usage', query)) as UsageAmount[] }),
  },
  files: { files: createFiles },
});

function createFetch(call: Call) {
  return async (url: string | URL, { signal, integers, ...init }: FetchInit = {}): Promise<Response> => {
    const answer = await call.ask('fetch', { url: String(url), ...init }, Cancel.from(signal));
    // The host's own answer.
    const response = responseFromWire(answer as WireResponse);
    const json = async (): Promise<unknown> => parseJson(await response.text(), integers ? { integers } : {});
    return Object.defineProperty(response, 'json', { value: json });
  };
}

function createEnqueue(call: Call) {
  return async ({ name, schema }: JobType, data: unknown, options?: EnqueueOptions): Promise<void> => {
    await call.ask('enqueue', { job: name, data: parsed(schema, data, `the data of job ${name}`), ...options });
  };
}
