import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createTestDatabase } from '@podlift/testkit/postgres';
import { expect, inject, test } from 'vitest';
import { migrate, migrations as data } from '../data/index.ts';
import { createFiles, createStore, migrations } from './index.ts';

test('files of an earlier version are read, counted and let go like any other', async () => {
  const root = await mkdtemp(join(tmpdir(), 'podlift-files-'));
  const first = migrations.filter(({ name }) => name === 'files/0001_file');
  const database = await createTestDatabase(inject('postgres'), { migrations: first });
  try {
    const tenant = await database.newTenant();
    const digest = createHash('sha256').update('old').digest('hex');
    // As that version named it.
    const path = join(root, tenant, digest.slice(0, 2), digest);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'old');
    for (const owner of ['core', 'acme.one'])
      await database.admin(
        `insert into core.file (tenant_id, owner, digest, size, type, name, created_at) values ($1, $2, $3, 3, 'text/plain', 'old.txt', now())`,
        [tenant, owner, digest],
      );

    const [{ error } = {}] = await migrate(database, [
      { owner: 'core', schema: 'core', migrations: [...data, ...migrations] },
    ]);
    expect(error).toBeUndefined();

    let later = 0;
    const files = createFiles({
      store: createStore({ kind: 'disk' }, root),
      database,
      clock: { now: () => Date.now() + later },
      masterKeys: [new Uint8Array(32)],
      publicUrl: '',
      quota: 1000,
    });
    const all = await files.list({ tenant });
    expect(all.map(({ owner, name, kind }) => `${owner} ${name} ${kind}`)).toEqual(
      expect.arrayContaining(['acme.one old.txt file', 'core old.txt file']),
    );
    expect(await files.usage(tenant)).toMatchObject({ kept: 3, reserved: 0 });
    for (const { id } of all) expect(new TextDecoder().decode(await files.read({ tenant }, id, 10))).toBe('old');
    expect((await files.verify()).damages).toEqual([]);
    await files.put({ tenant, owner: 'core' }, Buffer.from('old'), { name: 'again', mediaType: 'text/plain' });
    expect(await files.usage(tenant)).toMatchObject({ kept: 3 });
    for (const { id } of await files.list({ tenant })) await files.delete({ tenant }, id);
    later = 48 * 3600_000;
    expect(await files.tend()).toMatchObject({ collected: 1 });
    expect(await files.usage(tenant)).toMatchObject({ kept: 0, reserved: 0 });
  } finally {
    await database.close();
    await rm(root, { recursive: true, force: true });
  }
});
