/** @module The attribution engine: journeys from touchpoints and orders, any number of models on them, results that stay. */
import { definePlugin } from '@podlift/sdk';
import { calculate } from './calculate.ts';
import { engine } from './contract.ts';
import { manifest } from './manifest.ts';
import { routes } from './routes.ts';
import { readLatest, storeValidations } from './store.ts';

export default definePlugin(manifest, (declare) => {
  declare.provide(engine, {
    calculate,
    async latest({ dimension }, ctx) {
      return { run: await readLatest(ctx, dimension) };
    },
    async recordValidations({ runId, validations }, ctx) {
      await storeValidations(ctx, runId, validations);
      return {};
    },
  });
  declare.routes(routes);
});
