/** What a process does: answer requests, do the work behind them, or both. */
export type Role = 'all' | 'api' | 'worker';
