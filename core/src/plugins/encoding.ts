import { fromJson, toJson } from '@podlift/sdk/kernel';

/** A value as the text of a jsonb column. Dates, bigints and odd numbers survive as marks. */
export const encodeValue = (value: unknown): string => JSON.stringify(toJson(value));

/** The value of a jsonb column as its author wrote it. It is changed in place, so give it away. */
export const decodeValue = (json: unknown): unknown => fromJson(json);
