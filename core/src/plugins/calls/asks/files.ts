import { PodliftError, type FileHandle, type FileInfo, type FileLink, type FilePage } from '@podlift/sdk';
import { z } from 'zod';
import type { FileRecord, FileScope } from '../../../files/index.ts';
import { ask, type Ask, type Asking } from './ask.ts';

const CAPABILITY = 'files';
const Id = z.string().max(64);
const Kind = z.string().max(60);
const Stream = z.custom<ReadableStream<Uint8Array>>((value) => value instanceof ReadableStream);
const Put = z.object({
  kind: Kind,
  content: z.union([z.instanceof(Uint8Array), Stream]),
  name: z.string().min(1).max(300),
  mediaType: z.string().min(1).max(200),
  subject: z.string().min(1).max(200).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 digest in hex')
    .optional(),
});
const Offset = z.int().min(0);
const Range = z
  .object({ start: Offset, end: Offset.optional() })
  .refine(({ start, end }) => end === undefined || end >= start, 'ends before it starts');
const MAX_READ = 16 * 1024 * 1024;
const MAX_READ_ASKED = 256 * 1024 * 1024;
const PAGE = 100;
const MAX_PAGE = 200;
const LINK_SECONDS = 15 * 60;
const MAX_LINK_SECONDS = 7 * 86_400;

const scopeOf = ({ plugin, call }: Asking): FileScope => ({ owner: plugin.id, tenant: call.tenant });

const toHandle = ({ id, sha256, bytes, mediaType }: FileRecord): FileHandle => ({ id, sha256, bytes, mediaType });

const toInfo = ({ kind, name, subject, createdAt, expiresAt, ...file }: FileRecord): FileInfo => ({
  ...toHandle({ kind, name, subject, createdAt, expiresAt, ...file }),
  kind,
  name,
  ...(subject !== null && { subject }),
  createdAt,
  ...(expiresAt !== null && { expiresAt }),
});

/** The plugin's files. Bytes go over the link as streams; what the plugin holds of a file is plain data. */
export const fileAsks: Readonly<Record<string, Ask>> = {
  'file.put': ask(
    Put,
    async (asking, { kind, content, ...about }) => {
      const { world, plugin, call } = asking;
      if (!Object.hasOwn(plugin.json.files ?? {}, kind))
        throw PodliftError.denied(plugin.id, `files of the kind ${kind}`);
      await call.unit.pause('storing a file');
      const staged = await world.deps.files.stage(scopeOf(asking), content, { kind, ...about });
      call.unit.keepFile(staged);
      return toHandle(staged.file);
    },
    CAPABILITY,
  ),
  'file.stat': ask(
    z.object({ id: Id }),
    async (asking, { id }) => {
      await asking.call.unit.pause('a file');
      const found = await asking.world.deps.files.stat(scopeOf(asking), id);
      return found ? toInfo(found) : null;
    },
    CAPABILITY,
  ),
  'file.open': ask(
    z.object({ id: Id, range: Range.optional() }),
    async (asking, { id, range }) => {
      const { world, call } = asking;
      await call.unit.pause('a file');
      const whole = range && { start: range.start, end: range.end ?? Number.MAX_SAFE_INTEGER };
      const { body } = await world.deps.files.open(scopeOf(asking), id, whole);
      return untilEnd(body, asking);
    },
    CAPABILITY,
  ),
  'file.read': ask(
    z.object({ id: Id, maxBytes: z.int().min(1).max(MAX_READ_ASKED).default(MAX_READ) }),
    async (asking, { id, maxBytes }) => {
      await asking.call.unit.pause('a file');
      return asking.world.deps.files.read(scopeOf(asking), id, maxBytes);
    },
    CAPABILITY,
  ),
  'file.list': ask(
    z.object({ kind: Kind.optional(), cursor: z.uuid().optional(), limit: z.int().min(1).max(MAX_PAGE).default(PAGE) }),
    async (asking, { kind, cursor, limit }): Promise<FilePage> => {
      await asking.call.unit.pause('the list of files');
      const found = await asking.world.deps.files.list(scopeOf(asking), {
        limit,
        ...(kind !== undefined && { kind }),
        ...(cursor !== undefined && { after: cursor }),
      });
      const last = found.at(-1);
      return { items: found.map(toInfo), ...(last && found.length === limit && { next: last.id }) };
    },
    CAPABILITY,
  ),
  'file.delete': ask(z.object({ id: Id }), ({ call }, { id }) => call.unit.deleteFile(id), CAPABILITY),
  'file.link': ask(
    z.object({
      id: Id,
      expiresIn: z.int().min(1).max(MAX_LINK_SECONDS).default(LINK_SECONDS),
      disposition: z.enum(['inline', 'attachment']).default('attachment'),
    }),
    async (asking, { id, expiresIn, disposition }): Promise<FileLink> => {
      const { world, call } = asking;
      await call.unit.pause('a link to a file');
      const found = await world.deps.files.stat(scopeOf(asking), id);
      if (!found) throw PodliftError.notFound(`file ${id}`);
      const expires = Math.floor(world.now() / 1000) + expiresIn;
      const url = world.deps.files.link({ tenant: call.tenant, id: found.id, disposition, expires });
      return { url, expiresAt: new Date(expires * 1000) };
    },
    CAPABILITY,
  ),
};

/** The stream ends with the call: nobody reads a tenant's file past it. */
function untilEnd(body: ReadableStream<Uint8Array>, { call }: Asking): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let stop: PodliftError | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        for (const end of [call.asks, call.cancel])
          end.onAbort((reason) => {
            if (stop) return;
            stop = reason;
            controller.error(reason);
            void reader.cancel(reason).catch(() => undefined);
          });
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (stop) return;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
