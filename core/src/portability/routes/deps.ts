import type { Audit } from '../../audit/index.ts';
import type { Clock } from '../../config/index.ts';
import type { EventBus } from '../../events/index.ts';
import type { Files } from '../../files/index.ts';
import type { Tenancy } from '../../tenancy/index.ts';
import type { Portability } from '../portability.ts';

export interface PortabilityRouteDeps {
  readonly portability: Portability;
  readonly files: Pick<Files, 'link'>;
  readonly events: Pick<EventBus, 'wake'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly tenancy: Pick<Tenancy, 'get'>;
  readonly clock: Clock;
}

/** A link is for who asked a moment ago. */
const LINK_SECONDS = 15 * 60;

/** Where an archive can be fetched without signing in, for a quarter of an hour; null when there is none. */
export const downloadOf = (
  { files, clock }: PortabilityRouteDeps,
  tenant: string,
  fileId: string | null,
): string | null =>
  fileId === null
    ? null
    : files.link({
        tenant,
        id: fileId,
        disposition: 'attachment',
        expires: Math.floor(clock.now() / 1000) + LINK_SECONDS,
      });
