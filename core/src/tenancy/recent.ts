/** Remembers what was looked up, for a short while and up to a number: what is not there is remembered too. */
export interface Recent<T> {
  get(key: string, load: () => Promise<T>): Promise<T>;
  forget(): void;
}

/** Two who ask for the same at once share one look-up. A look-up that fails is not remembered. */
export function createRecent<T>({ ttlMs, most, now }: { ttlMs: number; most: number; now: () => number }): Recent<T> {
  const known = new Map<string, { readonly until: number; readonly value: Promise<T> }>();
  return {
    get(key, load) {
      const found = known.get(key);
      if (found && found.until > now()) return found.value;
      if (known.size >= most) known.clear();
      const entry = { until: now() + ttlMs, value: load() };
      known.set(key, entry);
      entry.value.catch(() => {
        if (known.get(key) === entry) known.delete(key);
      });
      return entry.value;
    },
    forget: () => known.clear(),
  };
}
