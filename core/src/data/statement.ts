const NOISE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g;
const READS = /^[\s(;]*(?:select|with|values|table|show|explain)\b/i;
const WRITES =
  /\b(?:insert|update|delete|merge|truncate|into|create|alter|drop|lock|call|do|copy|grant|revoke|nextval|setval|notify|refresh|share)\b/i;
const known = new Map<string, boolean>();
const KNOWN_MAX = 2000;
/** The ORM's statements hold their values: long ones are of people's data, and come once. */
const KNOWN_LENGTH = 4000;

/** Whether a statement may change something. Says yes when in doubt; functions that write inside are asked of the database later. */
export function mayWrite(sql: string): boolean {
  let writes = known.get(sql);
  if (writes === undefined) {
    const code = sql.replace(NOISE, "''");
    writes = !READS.test(code) || WRITES.test(code);
    if (known.size < KNOWN_MAX && sql.length <= KNOWN_LENGTH) known.set(sql, writes);
  }
  return writes;
}
