import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import campaigns from '@podlift/audience-campaigns';
import engine from '@podlift/attribution-engine';
import podcasts from '@podlift/audience-podcasts';
import tracking from '@podlift/audience-tracking';
import type { Plugin } from '@podlift/sdk';
import { createTestHost } from '@podlift/testkit';
import { expect, test } from 'vitest';

const PACKAGE = join(import.meta.dirname, '..');
const README = readFileSync(join(PACKAGE, '../../../README.md'), 'utf8');

/** The first block of a language below a heading of the root README. */
function block(heading: string, language: string): string {
  const section = README.slice(README.indexOf(`## ${heading}`));
  const [, text] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(section) ?? [];
  if (text === undefined) throw new Error(`the README shows no ${language} below "${heading}"`);
  return text;
}

test("the README's own plugin runs as written", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'podlift-readme-'));
  try {
    // What its package.json asks for is installed for this package.
    const { dependencies } = JSON.parse(block('A plugin of your own', 'json')) as { dependencies: object };
    expect(Object.keys(dependencies)).toEqual(['@podlift/attribution-engine', '@podlift/sdk']);
    symlinkSync(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/index.ts'), block('A plugin of your own', 'ts'));
    const { default: middle } = (await import(join(folder, 'src/index.ts'))) as { default: Plugin };

    const host = await createTestHost({ plugins: [podcasts, campaigns, tracking, engine, middle], clock: new Date() });
    try {
      const tenant = await host.tenant();
      const answer = await host.request(
        '/api/v1/attribution/models',
        {},
        { tenant, permissions: ['attribution:read'] },
      );
      expect(await answer.json()).toMatchObject({ items: [{ id: 'middle-touch', plugin: 'acme.middle-touch' }] });
      const journeys = {
        offsets: Uint32Array.of(0, 3, 3, 7),
        channels: new Uint32Array(7),
        ages: new Float64Array(7),
        values: new Float64Array(3),
      };
      const call = { plugin: 'acme.middle-touch', target: 'entry:attribution.models@1:middle-touch:credit', tenant };
      expect(await host.plugins.invoke({ ...call, input: journeys })).toEqual({
        credit: Float64Array.of(0, 1, 0, 0, 1, 0, 0),
      });
    } finally {
      await host.stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
