/** @module The catalogue of what was booked. */
import { definePlugin, searchSource } from '@podlift/sdk';
import { openapi } from '@podlift/sdk/http';
import { catalog } from './contract.ts';
import { manifest, type Ctx } from './manifest.ts';
import { addCampaigns } from './rest/campaigns.ts';
import { addCodes } from './rest/codes.ts';
import { addLinks } from './rest/links.ts';
import { addPlacements } from './rest/placements.ts';
import { addSponsors } from './rest/sponsors.ts';
import { catalogImplementation } from './store/catalog.ts';
import { FINDABLE_KINDS, lister } from './store/findable.ts';

export default definePlugin(manifest, (declare) => {
  declare.provide(catalog, catalogImplementation);
  for (const kind of FINDABLE_KINDS) declare.contribute(searchSource, { id: kind, list: lister(kind) });
  declare.routes(
    openapi<Ctx>((app) => {
      addSponsors(app);
      addCampaigns(app);
      addPlacements(app);
      addCodes(app);
      addLinks(app);
    }),
  );
});
