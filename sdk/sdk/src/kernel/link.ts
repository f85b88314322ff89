import type { Cancel as CancelSwitch } from './cancel.ts';
import { Cancel, settle } from './cancel.ts';
import { errorData, errorFrom } from './error-data.ts';
import { carry } from './wire/carry.ts';

/** Things of the host's own that an inline call may use and no wire can carry, such as an open transaction. */
export interface Local {
  readonly db?: object;
}

/** Answers what the other end of a link asks. */
export type Handle = (method: string, args: unknown, cancel: CancelSwitch, local?: Local) => Promise<unknown>;

/**
 * One end of the boundary between host and plugin. It rejects as soon as `cancel` fires. Everything but `local` is plain
 * data, so that a link may cross processes; only the direct one takes `local`.
 */
export interface Link {
  call(method: string, args: unknown, cancel?: CancelSwitch, local?: Local): Promise<unknown>;
}

/** How a link within one process behaves. */
export interface DirectLinkOptions {
  readonly strict: boolean;
  /** Sees what was thrown before it loses its stack. */
  readonly onThrown?: (thrown: unknown) => void;
}

/**
 * A link within one process. Plain data is copied and checked as if it were sent; columns are shared, or with `strict`
 * (development, tests) copied too. Errors are rebuilt, as they would be on the other side of a wire.
 */
export function directLink(handle: Handle, { strict, onThrown }: DirectLinkOptions): Link {
  const cross = (value: unknown): unknown => carry(value, { copyColumns: strict });
  return {
    async call(method, args, cancel = new Cancel(), local) {
      try {
        return cross(await settle(handle(method, cross(args), cancel, local), cancel));
      } catch (thrown) {
        if (thrown === cancel.reason) throw thrown;
        onThrown?.(thrown);
        throw errorFrom(errorData(thrown));
      }
    },
  };
}
