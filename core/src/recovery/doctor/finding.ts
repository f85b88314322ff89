/** What a check says. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failing' | 'skipped';
  readonly message: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Looks at one part; several findings when there are several parts. Throwing is a finding too. */
export interface Check {
  readonly name: string;
  run(): Promise<readonly Omit<Finding, 'check'>[]>;
}

export const ok = (message: string) => [{ state: 'ok' as const, message }];
export const warning = (message: string, fix: string) => [{ state: 'warning' as const, message, fix }];
export const failing = (message: string, fix: string) => [{ state: 'failing' as const, message, fix }];
export const skipped = (message: string) => [{ state: 'skipped' as const, message }];

const LIMIT_MS = 20_000;

/** Runs all checks at once, each bounded; the order of the findings is that of the checks. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  const results = await Promise.all(
    checks.map(async ({ name, run }): Promise<Finding[]> => {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => late.reject(new Error(`No answer within ${LIMIT_MS / 1000} s.`)), LIMIT_MS);
      try {
        return (await Promise.race([run(), late.promise])).map((finding) => ({ check: name, ...finding }));
      } catch (error) {
        return [{ check: name, state: 'failing', message: error instanceof Error ? error.message : String(error) }];
      } finally {
        clearTimeout(timer);
      }
    }),
  );
  return results.flat();
}
