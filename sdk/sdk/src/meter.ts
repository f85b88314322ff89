import type { Text } from './text.ts';

/** Something that the plugin counts, so that a tenant sees what it uses and others can put a price on it. */
export interface Meter {
  /** As in `rows` or `tokens`. */
  readonly unit: string;
  readonly description: Text;
  /**
   * Written in the transaction of the call, so that nothing is ever lost; costs a row per call. Without it amounts wait in
   * memory for a few seconds, which a crash may lose.
   */
  readonly exact?: boolean;
}

/** What of usage to read. */
export interface UsageQuery {
  readonly from: Date;
  /** Not included; now when absent. */
  readonly to?: Date;
  /** By day when absent. */
  readonly by?: 'hour' | 'day' | 'month';
  /** Where days and months begin; UTC when absent. */
  readonly timeZone?: string;
  /** Names as in `api.calls` or `acme.models/tokens`; all when absent. */
  readonly meters?: readonly string[];
}

/** How much of a meter in a stretch of time. */
export interface UsageAmount {
  readonly meter: string;
  /** The plugin, for meters that are told apart by plugin; else empty. */
  readonly of: string;
  readonly at: Date;
  readonly amount: number;
}

/** What the tenant used. */
export interface UsageReader {
  read(query: UsageQuery): Promise<readonly UsageAmount[]>;
}
