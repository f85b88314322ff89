import { PodliftError } from '../../errors.ts';
import { errorData, errorFrom } from '../error-data.ts';
import { plainColumn } from './columns.ts';
import { walk, type Road } from './walk.ts';

const road = (copyColumns: boolean): Road => ({
  copies: true,
  odd: (_, value) => (value instanceof Date ? new Date(value) : value),
  column: (view, path) => plainColumn(view, copyColumns, path),
  stream: relay,
  escape: (fields) => fields,
});
const SHARING = road(false);
const COPYING = road(true);

/** The journey of a value within one process: checked and copied as if it were sent. Columns keep their memory unless copied too. */
export function carry(value: unknown, { copyColumns }: { readonly copyColumns: boolean }): unknown {
  return value === undefined ? undefined : walk(value, copyColumns ? COPYING : SHARING, '', 0);
}

/** The same bytes; what goes wrong on the way is told as it would be from another process. */
function relay(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch((thrown: unknown) => {
          throw errorFrom(errorData(thrown));
        });
        if (done) controller.close();
        else if (value instanceof Uint8Array) controller.enqueue(value);
        else throw PodliftError.notWireable('a stream', 'not of bytes');
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
