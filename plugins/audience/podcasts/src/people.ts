/** @module `podcast:person` and `podcast:value`, which shows and episodes both have. */
import { tryUrl } from './values.ts';
import type { Attributes } from './xml.ts';

export interface DraftPerson {
  name: string;
  readonly role: string;
  readonly group: string;
  readonly href?: string;
}
export interface DraftValue {
  readonly type: string;
  readonly method: string;
  readonly suggested?: string;
  readonly recipients: { name: string; type: string; address: string; split: number }[];
}

/** A person without a name yet: the name is the element's text. The namespace's defaults are a host in the cast. */
export function personOf(attributes: Attributes): DraftPerson {
  const href = tryUrl(attributes['href'] ?? '');
  return {
    name: '',
    role: (attributes['role'] || 'host').slice(0, 200).toLowerCase(),
    group: (attributes['group'] || 'cast').slice(0, 200).toLowerCase(),
    ...(href && { href }),
  };
}

/** Takes a `podcast:value` or one of its recipients; anything else leaves the value as it is. */
export function readValue(value: DraftValue | undefined, name: string, attributes: Attributes): DraftValue | undefined {
  if (name === 'podcast:value' && !value) {
    const suggested = attributes['suggested'];
    return {
      type: (attributes['type'] ?? '').slice(0, 100),
      method: (attributes['method'] ?? '').slice(0, 100),
      ...(suggested && { suggested: suggested.slice(0, 100) }),
      recipients: [],
    };
  }
  const split = Number(attributes['split']);
  if (name === 'podcast:valuerecipient' && value && value.recipients.length < 100 && Number.isFinite(split))
    value.recipients.push({
      name: (attributes['name'] ?? '').slice(0, 200),
      type: (attributes['type'] ?? '').slice(0, 100),
      address: (attributes['address'] ?? '').slice(0, 500),
      split,
    });
  return value;
}
