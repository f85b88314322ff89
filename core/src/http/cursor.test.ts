import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from './index.ts';

const Place = z.tuple([z.number(), z.uuid()]);
const place: z.output<typeof Place> = [3, '01900000-0000-7000-8000-00000000000a'];

test('a cursor comes back as it went', () => {
  expect(encodeCursor(place)).toMatch(/^[\w-]+$/);
  expect(decodeCursor(Place, encodeCursor(place))).toEqual(place);
});

test.each(['', 'x', '!!', encodeCursor(['3', 'x']), encodeCursor({}), 'a'.repeat(3000)])(
  '%j is no cursor of this list',
  (cursor) => {
    expect(() => decodeCursor(Place, cursor)).toThrow(
      expect.objectContaining({ status: 422, code: 'http.cursor_invalid' }),
    );
  },
);
