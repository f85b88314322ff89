/** How many links are remembered before all are forgotten. */
const REMEMBERED = 50_000;

/** Links between identities that are stored already: a visitor who is signed in says so with every call, and once is enough. */
export class KnownLinks {
  readonly #stored = new Set<string>();

  has(alias: string, household: string): boolean {
    return this.#stored.has(alias + household);
  }

  /** Call it when they are committed. */
  add(aliases: readonly string[], households: readonly string[]): void {
    if (this.#stored.size > REMEMBERED) this.#stored.clear();
    aliases.forEach((alias, i) => this.#stored.add(alias + (households[i] ?? '')));
  }
}
