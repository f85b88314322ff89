/**
 * Lets those who ask for the same thing at the same time share one look. A screen asks for twenty tiles at once with one session; nothing is
 * remembered beyond the look, so what was revoked before it began is never found.
 */
export function createSharedLookup<T>(find: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const underWay = new Map<string, Promise<T>>();
  return (key) => {
    const joined = underWay.get(key);
    if (joined) return joined;
    const look = find(key).finally(() => underWay.delete(key));
    underWay.set(key, look);
    return look;
  };
}
