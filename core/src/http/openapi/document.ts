/** Anything that JSON can hold. */
export type Json = unknown;
/** An object of JSON. */
export type JsonObject = Readonly<Record<string, Json>>;

/** An OpenAPI 3.1 document, as far as it is merged and shown here. */
export interface OpenApiDocument {
  readonly openapi?: string;
  readonly info?: JsonObject;
  readonly servers?: readonly { readonly url: string }[];
  readonly security?: readonly JsonObject[];
  readonly paths?: Readonly<Record<string, JsonObject>>;
  readonly components?: Readonly<Record<string, JsonObject>>;
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object under a name, or an empty one. */
export const objectAt = (value: unknown, name: string): JsonObject => {
  const found = isObject(value) ? value[name] : undefined;
  return isObject(found) ? found : {};
};

export const textAt = (value: unknown, name: string): string | undefined => {
  const found = isObject(value) ? value[name] : undefined;
  return typeof found === 'string' ? found : undefined;
};

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
