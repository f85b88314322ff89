import type * as AwsSdk from '@aws-sdk/client-s3';
import type { S3Place } from '../../config/index.ts';
import { FileErrors } from '../errors.ts';

/** The client's module takes a tenth of a second to load: only who keeps files in S3 pays for it. */
export const loadSdk = (): Promise<Sdk> => import('@aws-sdk/client-s3');
export type Sdk = typeof AwsSdk;

/** A store that says "slow down" is asked again, later each time. */
const ATTEMPTS = 6;
const CONNECT_MS = 5000;
/** A store that says nothing for so long is away. */
const SILENCE_MS = 30_000;

export const createClient = ({ S3Client: Client }: Sdk, place: S3Place): AwsSdk.S3Client =>
  new Client({
    region: place.region,
    forcePathStyle: place.pathStyle,
    maxAttempts: ATTEMPTS,
    // Payloads are signed, and files have a digest of ours. Stores other than Amazon's do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: SILENCE_MS },
    ...(place.endpoint && { endpoint: place.endpoint }),
    ...(place.credentials && { credentials: place.credentials }),
  });

interface ServiceFailure {
  readonly name: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const isFailure = (error: unknown): error is Error & ServiceFailure => error instanceof Error;
const statusOf = (error: unknown): number | undefined =>
  isFailure(error) ? error.$metadata?.httpStatusCode : undefined;

/** Neither object nor upload is there. A bucket that is not there is another matter. */
export const isAbsent = (error: unknown): boolean =>
  isFailure(error) &&
  (['NoSuchKey', 'NotFound', 'NoSuchUpload'].includes(error.name) || statusOf(error) === 404) &&
  error.name !== 'NoSuchBucket';

/** A failure of the store as one of ours, in words for an operator. */
export function explainS3(error: unknown): unknown {
  if (!isFailure(error) || 'kind' in error) return error;
  const status = statusOf(error);
  if (status === undefined || status >= 500 || status === 429) {
    return status === 501 ? FileErrors.storeRefused(error.name, error) : FileErrors.storeAway(error);
  }
  return FileErrors.storeRefused(error.name === 'Unknown' ? `status ${status}` : error.name, error);
}
