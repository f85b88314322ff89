import type { Log } from '../telemetry/index.ts';

/** A log with fields of its own that is only made when something is written: most requests write nothing. */
export function lazyLog(parent: Log, fields: object): Log {
  let made: Log | undefined;
  const log = (): Log => (made ??= parent.child(fields));
  return {
    get debug() {
      return log().debug;
    },
    get info() {
      return log().info;
    },
    get warn() {
      return log().warn;
    },
    get error() {
      return log().error;
    },
    child: (more) => log().child(more),
  };
}
