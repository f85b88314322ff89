import { runActing } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { createLog } from '../telemetry/index.ts';
import { boot } from './boot.ts';
import type { Rooms } from './rooms.ts';

/** What a command needs beyond the rooms. */
export interface RoomsNeeds {
  /** The plugins must run: their code is loaded and answers. */
  readonly plugins?: boolean;
}

/** Opens the rooms for one piece of work beside a running installation or without one, and closes them. */
export async function withRooms<T>(
  config: Config,
  work: (rooms: Rooms) => Promise<T>,
  needs: RoomsNeeds = {},
): Promise<T> {
  // Standard output belongs to the command's answer.
  const { root, close } = await boot(config, { log: createLog(config, process.stderr) });
  const rooms = root.cradle;
  try {
    if (needs.plugins) await rooms.plugins.start();
    return await runActing({ via: 'cli' }, () => work(rooms));
  } finally {
    if (needs.plugins) await rooms.plugins.stop();
    await close();
  }
}
