/** A host name as it is compared: lower case, without the dot that may end it. */
export const plainHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** Whether one of the patterns of a manifest covers the host: a name, `*.example.com` for subdomains, or `*`. */
export function matchesHost(patterns: readonly string[], host: string): boolean {
  const name = plainHost(host);
  return patterns.some((pattern) => {
    const plain = plainHost(pattern);
    if (plain === '*') return true;
    return plain.startsWith('*.') ? name.endsWith(plain.slice(1)) && name.length > plain.length - 1 : name === plain;
  });
}

const PATTERN = /^(?:\*|(?:\*\.)?(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]*[a-z\d]\.?)$/;

/** The patterns that cannot be meant: addresses, ports, paths, single labels, stars elsewhere. */
export const checkHostPatterns = (patterns: readonly string[]): string[] =>
  patterns.filter((pattern) => !PATTERN.test(pattern.toLowerCase()));
