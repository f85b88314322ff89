/** The memory of a value that can change hands whole: of typed arrays that use all of theirs. Others are copied on the way. */
export function memoryOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  visit(value, found, 0);
  return [...found];
}

/** Deeper than anything that passed the check of what may cross. */
const MOST_DEPTH = 200;

function visit(value: unknown, found: Set<ArrayBuffer>, depth: number): void {
  if (value === null || typeof value !== 'object' || depth > MOST_DEPTH) return;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength } = value;
    if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && byteLength > 0) found.add(buffer);
    return;
  }
  if (value instanceof Date) return;
  for (const item of Object.values(value)) visit(item, found, depth + 1);
}

/** The same value, whose columns that use a part of their memory have one of their own: else all of it would be copied along. */
export function cutColumns(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return cut(value);
  if (Array.isArray(value)) return value.map(cutColumns);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutColumns(item)]));
}

function cut(view: ArrayBufferView): ArrayBufferView {
  if (view.byteLength === view.buffer.byteLength || !('slice' in view) || typeof view.slice !== 'function') return view;
  // Every typed array slices into one of its own type.
  return view.slice() as ArrayBufferView;
}
