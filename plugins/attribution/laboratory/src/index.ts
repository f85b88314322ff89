/** @module A laboratory for attribution: markets with known truth, models held against it, and the demo that shows both. */
import { definePlugin, homePanels } from '@podlift/sdk';
import { generators } from './contract.ts';
import { demoCommand, runDemo } from './demo.ts';
import { additiveHazard } from './generator.ts';
import { manifest } from './manifest.ts';
import { campaignsPanel, modelsPanel } from './panels.ts';
import { routes } from './routes.ts';

export default definePlugin(manifest, (declare) => {
  declare.contribute(generators, additiveHazard);
  declare.contribute(homePanels, { id: 'laboratory.models', panel: modelsPanel });
  declare.contribute(homePanels, { id: 'laboratory.campaigns', panel: campaignsPanel });
  declare.routes(routes);
  declare.command(demoCommand, runDemo);
});
