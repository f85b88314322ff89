/** Gathers what arrives while a call is under way and hands it over in the next one. */
export function createFlight<T>(run: (items: readonly T[]) => Promise<void>): (item: T) => Promise<void> {
  let waiting: T[] = [];
  let current = Promise.resolve();
  let next: Promise<void> | undefined;
  return (item) => {
    waiting.push(item);
    next ??= current.then(() => {
      const items = waiting;
      waiting = [];
      next = undefined;
      const flight = run(items);
      current = flight.catch(() => undefined);
      return flight;
    });
    return next;
  };
}
