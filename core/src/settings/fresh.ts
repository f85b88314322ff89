/** A value per key that is never believed for longer than `mostMs`. */
export interface Fresh<T> {
  /** At once while it is fresh; for a while longer it is served once more while it is read anew. */
  get(key: string): T | Promise<T>;
  /** What is being read now is not kept either: it may be older than what made it stale. */
  forget(key?: string): void;
}

export interface FreshOptions<T> {
  readonly load: (key: string) => Promise<T>;
  /** Served without another look for so long. */
  readonly freshMs: number;
  /** Never served when older; between the two it is read anew behind the answer. */
  readonly mostMs: number;
  readonly size?: number;
  readonly onError: (error: unknown) => void;
}

/** Makes a cache whose staleness has a bound: what another node changed is seen within `mostMs`. */
export function createFresh<T>({ load, freshMs, mostMs, size = 10_000, onError }: FreshOptions<T>): Fresh<T> {
  const known = new Map<string, { readonly value: T; readonly at: number }>();
  const reading = new Map<string, Promise<T>>();

  const read = (key: string): Promise<T> => {
    const running = reading.get(key);
    if (running) return running;
    const at = performance.now();
    const work = load(key)
      .then((value) => {
        if (reading.get(key) !== work) return value;
        known.delete(key);
        known.set(key, { value, at });
        const [oldest] = known.keys();
        if (known.size > size && oldest !== undefined) known.delete(oldest);
        return value;
      })
      .finally(() => {
        if (reading.get(key) === work) reading.delete(key);
      });
    reading.set(key, work);
    return work;
  };

  return {
    get(key) {
      const found = known.get(key);
      const age = found ? performance.now() - found.at : Infinity;
      if (!found || age > mostMs) return read(key);
      if (age > freshMs) read(key).catch(onError);
      return found.value;
    },
    forget(key) {
      if (key === undefined) {
        known.clear();
        reading.clear();
      } else {
        known.delete(key);
        reading.delete(key);
      }
    },
  };
}
