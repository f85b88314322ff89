import { createHash } from 'node:crypto';
import { uuidv7, translate } from '@podlift/sdk';
import { z } from 'zod';
import type { Letter, Post } from '../identity/index.ts';
import { createSealer, type Sealer } from '../settings/index.ts';
import type { NotifyDeps } from './deps.ts';
import { LETTERS, type WrittenLetter } from './letter-words.ts';
import { compose, messageIdOf } from './mail/compose.ts';
import { MailFailure, type MailDriver } from './mail/mail.ts';
import { mailHost } from './mail-of.ts';
import { languageOf } from './render.ts';
import { say } from './words.ts';

/** A letter of the installation, to a person or to those who run it. */
export interface AnyLetter extends Omit<Letter, 'kind'> {
  readonly kind: WrittenLetter;
}

/** Letters on their way: kept sealed until they left. */
export interface Letters extends Post {
  send(letter: AnyLetter): Promise<void>;
  /** Sends what is due; returns how many letters were tried. */
  carry(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

const DAY_MS = 24 * 3600 * 1000;
const POLL_MS = 2000;
/** A process that claimed a letter and died gives it back after this. */
const CLAIM_MS = 120_000;
const ATTEMPTS = 12;
const BACKOFF_MS = 5000;
const MAX_BACKOFF_MS = 30 * 60_000;
const AT_ONCE = 8;
/** Letters to one address; what is more was caused by somebody who wants to annoy. */
const PER_ADDRESS = { points: 20, seconds: 3600 } as const;

const ADD = `insert into core.letter (id, kind, key, sealed, state, due_at, expires_at, created_at)
  values ($1, $2, $3, $4, 'waiting', $5, $6, $5) on conflict (key) do nothing returning id`;
const CLAIM = `update core.letter set due_at = $2, attempts = attempts + 1 where id in
    (select id from core.letter where state = 'waiting' and due_at <= $1 order by due_at limit $3 for update skip locked)
  returning id, kind, sealed, attempts, expires_at`;
/** What was sent is not kept: links in it open accounts. */
const END = `update core.letter set state = $2, error = $3, sealed = '' where id = $1`;
const LATER = 'update core.letter set due_at = $2, error = $3 where id = $1';

const Content = z.object({
  address: z.string(),
  name: z.string().optional(),
  languages: z.array(z.string()),
  values: z.record(z.string(), z.string()),
  link: z.string().optional(),
});

interface LetterRow {
  readonly id: string;
  readonly kind: WrittenLetter;
  readonly sealed: string;
  readonly attempts: number;
  readonly expires_at: Date;
}

export interface LettersDeps extends Pick<NotifyDeps, 'config' | 'database' | 'clock' | 'log' | 'limits'> {
  readonly driver: MailDriver;
  readonly outcome: (channel: string, outcome: 'sent' | 'failed' | 'retried') => void;
  readonly sealer?: Sealer;
}

/** Carries letters. Each is sent at least once, with the same Message-ID every time. */
export function createLetters(deps: LettersDeps): Letters {
  const { config, database, clock, log, limits, driver, outcome } = deps;
  const sealer = deps.sealer ?? createSealer([config.masterKey, ...config.oldMasterKeys]);
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> | undefined;
  let stopped = true;
  const goesOn = (): boolean => !stopped;
  const placeOf = (id: string) => ({ tenant: '', owner: 'core', name: `letter:${id}` });

  const deliver = async (row: LetterRow): Promise<void> => {
    const { id, kind, attempts } = row;
    if (row.expires_at.getTime() <= clock.now()) return end(id, 'failed', 'Its time was over before it could be sent.');
    try {
      const content = Content.parse(JSON.parse(await sealer.open(placeOf(id), row.sealed)));
      await driver.send(await write(id, kind, content));
      await end(id, 'sent');
      outcome('letter', 'sent');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const final = (error instanceof MailFailure && error.permanent) || attempts >= ATTEMPTS;
      outcome('letter', final ? 'failed' : 'retried');
      log[final ? 'warn' : 'info']({ letter: id, kind, attempts, why }, 'A letter was not sent');
      if (final) return end(id, 'failed', why);
      const pause = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** (attempts - 1));
      await database.query(LATER, [id, new Date(clock.now() + pause), why]);
    }
  };
  const end = async (id: string, state: 'sent' | 'failed', why?: string): Promise<void> =>
    void (await database.query(END, [id, state, why ?? null]));

  const write = (id: string, kind: WrittenLetter, content: z.infer<typeof Content>) => {
    const { subject, body, action, about } = LETTERS[kind];
    const { languages, values, address, name, link } = content;
    const language = languageOf(subject, languages);
    const fill = (words: string): string => words.replace(/\{(\w+)\}/g, (_, field: string) => values[field] ?? '');
    return compose(
      messageIdOf(id, address, mailHost(config)),
      { address, ...(name && { name }) },
      {
        language,
        subject: fill(translate(subject, ...languages)),
        body: fill(translate(body, ...languages)),
        action: link === undefined || !action ? undefined : { label: fill(translate(action, ...languages)), url: link },
        foot: say(about === 'operator' ? 'operatorFoot' : about === 'guest' ? 'guestFoot' : 'accountFoot', language),
      },
    );
  };

  const carry = async (): Promise<number> => {
    const now = clock.now();
    const rows = await database.query<LetterRow>(CLAIM, [new Date(now), new Date(now + CLAIM_MS), AT_ONCE]);
    await Promise.all(rows.map(deliver));
    return rows.length;
  };
  const round = async (): Promise<void> => {
    try {
      while (goesOn() && (await carry()) === AT_ONCE);
    } catch (error) {
      log.debug({ err: error }, 'Looking for letters failed; trying again');
    }
    if (!stopped) timer = setTimeout(begin, POLL_MS).unref();
  };
  const begin = (): void => {
    clearTimeout(timer);
    running = round();
  };

  return {
    open: driver.kind !== 'none',
    async send({ kind, key, to, languages = [], values = {}, link, validMs = DAY_MS }) {
      if (driver.kind === 'none') return;
      const who = createHash('sha256').update(to.address.toLowerCase()).digest('hex').slice(0, 32);
      if (!(await limits.take(`notify:letter:${who}`, PER_ADDRESS)).allowed)
        return log.warn({ kind }, 'A letter was not kept: so many went to that address already');
      const now = clock.now();
      const id = uuidv7(now);
      const content = { address: to.address, name: to.name, languages, values, link };
      const sealed = await sealer.seal(placeOf(id), JSON.stringify(content));
      await database.query(ADD, [id, kind, key ?? null, sealed, new Date(now), new Date(now + validMs)]);
      // The carrier of this process need not wait for its next look.
      if (!stopped && timer) begin();
    },
    carry,
    start() {
      stopped = false;
      begin();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
