import { defineConfig } from 'vitest/config';

// Not 'import': Vitest hands these to Node, where they would hold for require() too.
const conditions = ['@podlift/source', 'node'];

/** Two projects only: `unit` shares one module graph and needs no server; `integration` gets the real database. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Where Vitest loads `globalSetup`; it knows no conditions of its own.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    reporters: ['default', './infra/workspace/totals.ts'],
    env: { TZ: 'UTC', NODE_ENV: 'test' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{core,sdk,plugins,infra}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.db.test.ts'],
          isolate: false,
          pool: 'threads',
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{core,sdk,plugins}/**/*.db.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['./sdk/testkit/src/setup.ts'],
          // Of three on two cores one mostly waits: for a process to die, a lease to end, a minute to begin.
          maxWorkers: 3,
          // Drills kill processes and wait for them on a shared machine: what fails twice has failed.
          retry: process.env['CI'] ? 1 : 0,
          // Projects with different numbers of workers take turns.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
