import { PodliftError } from '../../errors.ts';
import { pack, unpack } from './pack.ts';

/**
 * A value as it is stored in JSON: bigint, Date and odd numbers become marks (`{"$":"d","v":0}`) and survive.
 * @throws PodliftError `not_wireable` with the path of what cannot be stored; columns and streams cannot.
 */
export function toJson(value: unknown): unknown {
  if (value === undefined) return undefined;
  return pack(value, {
    column: (_, path) => {
      throw PodliftError.notWireable(path, 'a column, which is not stored; make it an array');
    },
    stream: (_, path) => {
      throw PodliftError.notWireable(path, 'a stream, which is not stored');
    },
  });
}

/** The way back from `toJson`. Marks are replaced in place, so give it a value of your own. */
export function fromJson(json: unknown): unknown {
  const none = (): never => {
    throw PodliftError.notWireable('', 'a stored column or stream');
  };
  return unpack(json, { column: none, stream: none });
}
