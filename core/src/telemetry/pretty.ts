const LEVELS: Record<string, { name: string; colour: number }> = {
  debug: { name: 'debug', colour: 90 },
  info: { name: 'info ', colour: 36 },
  warn: { name: 'warn ', colour: 33 },
  error: { name: 'ERROR', colour: 31 },
};

const paint = (colour: number, text: string): string => `\u001B[${colour}m${text}\u001B[39m`;

/** One JSON log line as a person reads it: time, level, message, then the fields. */
export function formatLine(json: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const { name, colour } = LEVELS[String(level)] ?? { name: String(level), colour: 37 };
  const at = paint(90, String(time).slice(11, 23));
  const pairs = Object.entries(fields).map(([key, value]) => paint(90, `${key}=`) + formatValue(value));
  const stack = err ? `\n${formatError(err as Record<string, unknown>)}` : '';
  return `${at} ${paint(colour, name)} ${[typeof msg === 'string' ? msg : '', ...pairs].join('  ')}${stack}\n`;
}

const formatValue = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);

function formatError({ type, message, stack, cause, ...fields }: Record<string, unknown>): string {
  const head = typeof stack === 'string' ? stack : `${String(type)}: ${String(message)}`;
  const rest = Object.keys(fields).length > 0 ? `\n    ${JSON.stringify(fields)}` : '';
  const because = cause && typeof cause === 'object' ? `\n  caused by ${formatError({ ...cause }).trimStart()}` : '';
  return `  ${head}${rest}${because}`;
}
