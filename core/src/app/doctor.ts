import { VERSION } from '../http/index.ts';
import type { DoctorDeps } from '../recovery/index.ts';
import { OWNERS } from './migrate.ts';
import type { Rooms } from './rooms.ts';

/** What the doctor looks at; the cradle is a proxy, so each is taken by name. */
export const doctorDeps = ({ config, database, health, recovery, plugins, secrets }: Rooms): DoctorDeps => ({
  config,
  database,
  health,
  recovery,
  plugins,
  secrets,
  owners: OWNERS,
  version: VERSION,
});
