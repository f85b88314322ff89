/** What the engine must find, computed the slow and plain way over plain rows: the second opinion of the integration tests. */

/** A touch as it was sent. `key` is what the dimension gives credit to. */
export interface PlainTouch {
  readonly id: string;
  readonly at: number;
  readonly household: string;
  readonly key: string | null;
}

/** An order as it was sent, with what was paid back since. `codeKey` is what its promo code names. */
export interface PlainOrder {
  readonly id: string;
  readonly at: number;
  readonly household: string;
  readonly micros: bigint;
  readonly refunded: bigint;
  readonly currency: string;
  readonly codeKey: string | null;
}

/** One order's way: the keys in order, and how many seconds before the order each was met. */
export interface PlainJourney {
  readonly order: string;
  readonly keys: readonly string[];
  readonly ages: readonly number[];
  readonly micros: bigint;
}

const byTimeThenId = (a: { at: number; id: string }, b: { at: number; id: string }): number =>
  a.at - b.at || (a.id < b.id ? -1 : 1);

/** Every counted order of [from, to) with its touches of (order − window, order], the latest `most` of them. */
export function findJourneys(
  touches: readonly PlainTouch[],
  orders: readonly PlainOrder[],
  range: { readonly from: number; readonly to: number; readonly windowDays: number; readonly most: number },
): PlainJourney[] {
  return orders
    .filter(({ at, micros, refunded }) => at >= range.from && at < range.to && !(refunded > 0n && refunded >= micros))
    .toSorted(byTimeThenId)
    .map((order) => {
      const met = touches
        .filter(
          ({ household, at, key }) =>
            household === order.household &&
            key !== null &&
            at <= order.at &&
            at > order.at - range.windowDays * 86_400_000,
        )
        .toSorted(byTimeThenId)
        .slice(-range.most);
      const coded = met.length === 0 && order.codeKey !== null ? [order.codeKey] : [];
      return {
        order: order.id,
        keys: [...met.map(({ key }) => key ?? ''), ...coded],
        ages: [...met.map(({ at }) => (order.at - at) / 1000), ...coded.map(() => 0)],
        micros: order.micros - order.refunded,
      };
    });
}

/** Credit per key of the three first models, by definition. */
export function creditByDefinition(
  journeys: readonly PlainJourney[],
  model: 'first-touch' | 'last-touch' | 'linear',
): Map<string, number> {
  const credit = new Map<string, number>();
  const add = (key: string | undefined, share: number): void => {
    if (key !== undefined) credit.set(key, (credit.get(key) ?? 0) + share);
  };
  for (const { keys } of journeys) {
    if (model === 'first-touch') add(keys[0], 1);
    else if (model === 'last-touch') add(keys.at(-1), 1);
    else for (const key of keys) add(key, 1 / keys.length);
  }
  return credit;
}
