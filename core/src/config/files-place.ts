/** Files on this machine, in the data directory. */
export interface DiskPlace {
  readonly kind: 'disk';
}

/** A bucket of Amazon S3, or of a store that speaks like it. */
export interface S3Place {
  readonly kind: 's3';
  readonly bucket: string;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  readonly region: string;
  /** Absent for Amazon's own. */
  readonly endpoint?: string;
  /** The bucket stands in the path and not in the host name. */
  readonly pathStyle: boolean;
  readonly encryption?: Encryption;
  readonly kmsKey?: string;
  /** Absent: as Amazon's client finds them, from a role of the machine for instance. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export type FilesPlace = DiskPlace | S3Place;
type Encryption = 'AES256' | 'aws:kms';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[\w.=-]+(?:\/[\w.=-]+)*$/;
const KNOWN = ['endpoint', 'region', 'style', 'encryption', 'kmsKey'];

/**
 * Reads PODLIFT_FILES_URL: `s3://bucket/prefix?endpoint=https://s3.example.com&region=eu-central-1&style=path&encryption=AES256`.
 * Returns what is wrong with it as a sentence's end.
 */
export function parseFilesUrl(text: string): FilesPlace | string {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 's3:') return 'does not start with s3://';
  if (url.username || url.password) return 'holds credentials, which belong into variables of their own';
  const unknown = [...url.searchParams.keys()].find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) return `has the option ${unknown}, which does not exist`;
  const option = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const [endpoint, style, encryption, kmsKey] = ['endpoint', 'style', 'encryption', 'kmsKey'].map(option);
  const prefix = url.pathname.replace(/^\/|\/$/g, '');
  if (!BUCKET.test(url.hostname)) return 'names no bucket';
  if (prefix !== '' && (!PREFIX.test(prefix) || prefix.split('/').includes('..')))
    return 'has a prefix that cannot be used';
  if (endpoint !== undefined && !/^https?:\/\/[^/?#]+\/?$/.test(endpoint))
    return 'has an endpoint that is no address like https://s3.example.com';
  if (style !== undefined && style !== 'path' && style !== 'host') return 'has a style that is neither path nor host';
  if (encryption !== undefined && encryption !== 'AES256' && encryption !== 'aws:kms')
    return 'has an encryption that is neither AES256 nor aws:kms';
  if (kmsKey !== undefined && encryption !== 'aws:kms') return 'names a kmsKey without encryption=aws:kms';
  const region = option('region') ?? (endpoint === undefined ? undefined : 'us-east-1');
  if (region === undefined) return 'names no region, which Amazon S3 needs';
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region,
    ...(endpoint !== undefined && { endpoint }),
    // Stores of one's own seldom have a host name per bucket.
    pathStyle: style === undefined ? endpoint !== undefined : style === 'path',
    ...(encryption !== undefined && { encryption }),
    ...(kmsKey !== undefined && { kmsKey }),
  };
}

/** What the configuration says of files. */
export interface FilesConfig {
  readonly filesUrl?: string | undefined;
  readonly filesAccessKey?: string | undefined;
  readonly filesSecretKey?: string | undefined;
  readonly filesSessionToken?: string | undefined;
}

/** Where files are kept, with the credentials for it. The URL was checked when it was loaded. */
export function filesPlace({ filesUrl, filesAccessKey, filesSecretKey, filesSessionToken }: FilesConfig): FilesPlace {
  const place = filesUrl === undefined ? undefined : parseFilesUrl(filesUrl);
  if (place === undefined || typeof place === 'string' || place.kind === 'disk') return { kind: 'disk' };
  if (filesAccessKey === undefined || filesSecretKey === undefined) return place;
  return {
    ...place,
    credentials: {
      accessKeyId: filesAccessKey,
      secretAccessKey: filesSecretKey,
      ...(filesSessionToken !== undefined && { sessionToken: filesSessionToken }),
    },
  };
}
