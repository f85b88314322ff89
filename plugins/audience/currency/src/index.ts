/** @module Currency rates by date and exact conversion. */
import { definePlugin } from '@podlift/sdk';
import { openapi } from '@podlift/sdk/http';
import { rates } from './contract.ts';
import { runImport } from './import.ts';
import { fetchHistory, fetchReference, importFile, manifest, type Ctx } from './manifest.ts';
import { ratesImplementation } from './rates-service.ts';
import { checkHealth, refresh } from './refresh.ts';
import { addConvert } from './rest/convert.ts';
import { addImports } from './rest/imports.ts';
import { addRates } from './rest/rates.ts';
import { addSources } from './rest/sources.ts';

export default definePlugin(manifest, (declare) => {
  declare.provide(rates, ratesImplementation);
  declare.health(checkHealth);
  declare.routes(
    openapi<Ctx>((app) => {
      addRates(app);
      addConvert(app);
      addImports(app);
      addSources(app);
    }),
  );
  declare.job(fetchReference, (_, ctx, run) => refresh(ctx, 'new', run, fetchReference.attempts ?? 1));
  declare.job(fetchHistory, ({ history }, ctx, run) => refresh(ctx, history, run, fetchHistory.attempts ?? 1));
  declare.job(importFile, ({ id }, ctx, run) => runImport(ctx, id, run, importFile.attempts ?? 1));
});
