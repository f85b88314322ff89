import { shellWord } from './code.ts';
import type { Operation } from './model.ts';

/** The call as a shell command, with examples in place of values. */
export function curlOf({ method, path, parameters, permission, body }: Operation, url: string): string {
  const filled = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) =>
    encodeURIComponent(parameters.find((one) => one.in === 'path' && one.name === name)?.example ?? name),
  );
  const query = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map((one) => `${encodeURIComponent(one.name)}=${encodeURIComponent(one.example)}`)
    .join('&');
  const headers = [
    ...(permission === 'public' ? [] : ['authorization: Bearer $PODLIFT_KEY']),
    ...parameters
      .filter((one) => one.in === 'header' && one.required)
      .map((one) => `${one.name.toLowerCase()}: ${one.example}`),
    ...(body ? [`content-type: ${body.type}`] : []),
  ];
  const parts = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}${shellWord(url + filled + (query ? `?${query}` : ''))}`,
    // Double quotes, so that the shell puts the key in.
    ...headers.map((header) => `-H "${header.replaceAll(/["\\`]/g, String.raw`\$&`)}"`),
    ...(body ? [`-d ${shellWord(JSON.stringify(body.example, null, 2))}`] : []),
  ];
  return parts.join(' \\\n  ');
}
