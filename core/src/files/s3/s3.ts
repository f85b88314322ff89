import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from '../../config/index.ts';
import { FileErrors } from '../errors.ts';
import { assertName, assertTenant, isObject, isTenant, type ObjectName, type Store, type Stored } from '../store.ts';
import { createClient, explainS3, isAbsent, loadSdk, type Sdk } from './client.ts';
import { openParts, readDraft, type PartSink, type Tail } from './writer.ts';

const DRAFTS = '.drafts';
const TAILS: readonly Tail[] = ['a', 'b'];
/** A download that breaks off is taken up where it broke, so often without a byte in between. */
const RESUMES = 3;

/** Files in a bucket, under the same names as on a disk: `<prefix><tenant>/<2 hex>/<id>`. */
export function createS3Store(place: S3Place): Store {
  const { bucket: Bucket, prefix } = place;
  let opened: Promise<{ sdk: Sdk; client: S3Client }> | undefined;
  const open = () => (opened ??= loadSdk().then((sdk) => ({ sdk, client: createClient(sdk, place) })));
  const encryption = {
    ...(place.encryption && { ServerSideEncryption: place.encryption }),
    ...(place.kmsKey !== undefined && { SSEKMSKeyId: place.kmsKey }),
  };

  const keyOf = (name: ObjectName): string => {
    assertName(name);
    return `${prefix}${name.tenant}/${name.object}`;
  };
  const tailOf = (name: ObjectName, tail: Tail): string => {
    assertName(name);
    return `${prefix}${name.tenant}/${DRAFTS}/${name.object.slice(3)}.${tail}`;
  };

  /** Runs one exchange; what the store says against it is told in our words. */
  async function ask<T>(run: (sdk: Sdk, client: S3Client) => Promise<T>): Promise<T> {
    const { sdk, client } = await open();
    try {
      return await run(sdk, client);
    } catch (error) {
      throw isAbsent(error) ? error : explainS3(error);
    }
  }
  const put = (Key: string, Body: Uint8Array): Promise<unknown> =>
    ask((sdk, client) => client.send(new sdk.PutObjectCommand({ Bucket, Key, Body, ...encryption })));
  const drop = (Key: string): Promise<unknown> =>
    ask((sdk, client) => client.send(new sdk.DeleteObjectCommand({ Bucket, Key })));
  const get = (Key: string, Range?: string): Promise<GetObjectCommandOutput> =>
    ask((sdk, client) => client.send(new sdk.GetObjectCommand({ Bucket, Key, ...(Range && { Range }) })));
  const abort = (Key: string, UploadId: string): Promise<unknown> =>
    ask((sdk, client) => client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))).catch(
      unlessAbsent,
    );
  const sizeOf = (Key: string): Promise<number | undefined> =>
    ask(
      async (sdk, client) => (await client.send(new sdk.HeadObjectCommand({ Bucket, Key }))).ContentLength ?? 0,
    ).catch(unlessAbsent);

  const sinkOf = (name: ObjectName): PartSink => ({
    begin: () =>
      ask(async (sdk, client) => {
        const { UploadId } = await client.send(
          new sdk.CreateMultipartUploadCommand({ Bucket, Key: keyOf(name), ...encryption }),
        );
        if (UploadId === undefined) throw FileErrors.storeRefused('no upload id', undefined);
        return UploadId;
      }),
    part: (UploadId, PartNumber, Body) =>
      ask(async (sdk, client) => {
        const { ETag } = await client.send(
          new sdk.UploadPartCommand({ Bucket, Key: keyOf(name), UploadId, PartNumber, Body }),
        );
        return ETag ?? '';
      }),
    whole: async (bytes) => void (await put(keyOf(name), bytes)),
    writeTail: async (tail, bytes) => void (await put(tailOf(name, tail), bytes)),
    async readTail(tail) {
      const { Body } = await get(tailOf(name, tail));
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    },
  });

  async function dropTails(name: ObjectName): Promise<void> {
    for (const tail of TAILS) await drop(tailOf(name, tail));
  }

  return {
    name: 's3',
    write: (name, from) => openParts(sinkOf(name), from),
    async finish(name, { state, size }) {
      const { upload, parts, tail, whole } = readDraft(state);
      const sink = sinkOf(name);
      const Key = keyOf(name);
      try {
        // The sender went away after its last byte: the end still waits for more.
        const rest = tail && (await sink.readTail(tail));
        if (upload === undefined) {
          if (!whole) await sink.whole(rest ?? new Uint8Array());
        } else {
          const etags = rest ? [...parts, await sink.part(upload, parts.length + 1, rest)] : parts;
          const Parts = etags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }));
          const MultipartUpload = { Parts };
          await ask((sdk, client) =>
            client.send(new sdk.CompleteMultipartUploadCommand({ Bucket, Key, UploadId: upload, MultipartUpload })),
          );
        }
      } catch (error) {
        // Done before, and the crash came before anybody wrote that down.
        if (!isAbsent(error) || (await sizeOf(Key)) !== size) throw explainS3(error);
      }
      await dropTails(name);
    },
    async *read(name, range) {
      const { object } = name;
      const end = range?.end;
      let at = range?.start ?? 0;
      for (let failures = 0; ;) {
        const { Body, ContentLength } = await get(keyOf(name), rangeHeader(at, end)).catch((error: unknown) => {
          throw isAbsent(error) ? FileErrors.lost(object) : error;
        });
        const until = ContentLength === undefined ? undefined : at + ContentLength;
        try {
          // In Node the body is a Readable.
          for await (const chunk of Body as unknown as AsyncIterable<Buffer>) {
            at += chunk.byteLength;
            failures = 0;
            yield chunk;
          }
          if (until === undefined || at >= until) return;
          throw FileErrors.storeAway(undefined);
        } catch (error) {
          if (++failures > RESUMES) throw explainS3(error);
        }
      }
    },
    size: (name) => sizeOf(keyOf(name)),
    async remove(name, state) {
      const { upload } = readDraft(state ?? {});
      if (upload !== undefined) await abort(keyOf(name), upload);
      await drop(keyOf(name));
      await dropTails(name);
    },
    async purge(tenant) {
      assertTenant(tenant);
      for await (const { Key, UploadId } of uploads(`${prefix}${tenant}/`)) await abort(Key, UploadId);
      for await (const { Key } of objects(`${prefix}${tenant}/`)) await drop(Key);
    },
    async *list(tenant) {
      for await (const { Key, LastModified } of objects(tenant === undefined ? prefix : `${prefix}${tenant}/`)) {
        const found = readKey(Key.slice(prefix.length));
        if (found) yield { ...found, modifiedAt: LastModified };
      }
    },
    async check() {
      await ask((sdk, client) => client.send(new sdk.HeadBucketCommand({ Bucket }))).catch((error: unknown) => {
        throw isAbsent(error) ? FileErrors.storeRefused(`there is no bucket ${Bucket}`, error) : error;
      });
      return { ok: true };
    },
    async close() {
      if (opened) (await opened).client.destroy();
    },
  };

  async function* objects(Prefix: string): AsyncGenerator<{ Key: string; LastModified: Date }> {
    let ContinuationToken: string | undefined;
    do {
      const page = await ask((sdk, client) =>
        client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix, ...(ContinuationToken && { ContinuationToken }) })),
      );
      for (const { Key, LastModified } of page.Contents ?? [])
        if (Key !== undefined) yield { Key, LastModified: LastModified ?? new Date(0) };
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  async function* uploads(Prefix: string): AsyncGenerator<{ Key: string; UploadId: string }> {
    let after: { KeyMarker?: string; UploadIdMarker?: string } = {};
    for (;;) {
      const page = await ask((sdk, client) =>
        client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix, ...after })),
      );
      for (const { Key, UploadId } of page.Uploads ?? [])
        if (Key !== undefined && UploadId !== undefined) yield { Key, UploadId };
      if (!page.IsTruncated || page.NextKeyMarker === undefined) return;
      after = {
        KeyMarker: page.NextKeyMarker,
        ...(page.NextUploadIdMarker !== undefined && { UploadIdMarker: page.NextUploadIdMarker }),
      };
    }
  }
}

const rangeHeader = (start: number, end: number | undefined): string | undefined =>
  start === 0 && end === undefined ? undefined : `bytes=${start}-${end ?? ''}`;

function unlessAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}

/** `<tenant>/<2 hex>/<id>` or `<tenant>/.drafts/<id>.<tail>`; anything else in the bucket is not ours. */
function readKey(key: string): Omit<Stored, 'modifiedAt'> | undefined {
  const [tenant = '', part = '', id = '', ...rest] = key.split('/');
  const draft = part === DRAFTS;
  const object = draft ? `${id.slice(0, 2)}/${id.replace(/\.[ab]$/, '')}` : `${part}/${id}`;
  return isTenant(tenant) && rest.length === 0 && isObject(object) ? { tenant, object, draft } : undefined;
}
