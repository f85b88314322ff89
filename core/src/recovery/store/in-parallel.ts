/** Runs work with at most `width` pieces under way. The first failure is thrown by the next `add` or by `done`. */
export function createLane(width: number): { add(work: () => Promise<void>): Promise<void>; done(): Promise<void> } {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const check = (): void => {
    if (failure) throw failure.error;
  };
  return {
    async add(work) {
      while (running.size >= width) await Promise.race(running);
      check();
      const one: Promise<void> = work()
        .catch((error: unknown) => void (failure ??= { error }))
        .finally(() => running.delete(one));
      running.add(one);
    },
    async done() {
      await Promise.all(running);
      check();
    },
  };
}
