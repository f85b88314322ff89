/** Vitest's global set-up: one embedded server per run, and a word on what is missing. @module */
import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { findPrograms, type Programs } from './programs.ts';
import { startTestServer, type TestServer } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestServer;
    programs: Programs;
  }
}

/** The server of the run, as Vitest hands it to tests. */
export type ProvidedServer = ProvidedContext['postgres'];

/** Starts the server before the first file and removes it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('programs', findPrograms());
  const { url, template, masterKey, stop } = await startTestServer();
  project.provide('postgres', { url, template, masterKey });
  return stop;
}
