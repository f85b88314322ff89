import type { Tx } from '../data/index.ts';
import type { Category, Spec } from './kind.ts';
import { DIGEST_HOUR } from './limits.ts';

/** One decision: messages of this category by this channel, or not. */
export interface Choice {
  readonly category: Category;
  readonly channel: string;
  readonly enabled: boolean;
}

/** How and when somebody wants to be reached, in one tenant. Times are minutes of the day. */
export interface Profile {
  /** The workspace's when absent. */
  readonly language: string | undefined;
  readonly timeZone: string | undefined;
  readonly quiet: { readonly from: number; readonly to: number } | undefined;
  /** Mails of severity `info` wait for one mail a day. */
  readonly digest: boolean;
  readonly digestHour: number;
}

/** What somebody decided; whoever decided nothing has none of it. */
export interface Preferences extends Profile {
  readonly choices: readonly Choice[];
}

export const DEFAULTS: Preferences = {
  language: undefined,
  timeZone: undefined,
  quiet: undefined,
  digest: true,
  digestHour: DIGEST_HOUR,
  choices: [],
};

interface ProfileRow {
  readonly user_id: string;
  readonly language: string | null;
  readonly time_zone: string | null;
  readonly quiet_from: number | null;
  readonly quiet_to: number | null;
  readonly digest: boolean;
  readonly digest_hour: number;
}

const PROFILES = `select user_id, language, time_zone, quiet_from, quiet_to, digest, digest_hour
  from core.notify_profile where tenant_id = $1 and user_id = any($2)`;
const CHOICES = `select user_id, category, channel, enabled from core.notify_preference
  where tenant_id = $1 and user_id = any($2) order by user_id, category, channel`;
const SAVE_PROFILE = `insert into core.notify_profile
    (tenant_id, user_id, language, time_zone, quiet_from, quiet_to, digest, digest_hour) values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (tenant_id, user_id) do update set language = excluded.language, time_zone = excluded.time_zone,
    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, digest = excluded.digest,
    digest_hour = excluded.digest_hour, version = notify_profile.version + 1`;
const FORGET_CHOICES = 'delete from core.notify_preference where tenant_id = $1 and user_id = $2';
const SAVE_CHOICES = `insert into core.notify_preference (tenant_id, user_id, category, channel, enabled)
  select $1, $2, c.category, c.channel, c.enabled
  from json_to_recordset($3::json) as c(category text, channel text, enabled boolean)
  on conflict (tenant_id, user_id, category, channel) do update set enabled = excluded.enabled`;

/** What each of these people decided. */
export async function readPreferences(tx: Tx, users: readonly string[]): Promise<ReadonlyMap<string, Preferences>> {
  const profiles = await tx.query<ProfileRow>(PROFILES, [tx.tenant, users], 'notify.profiles');
  const choices = await tx.query<Choice & { user_id: string }>(CHOICES, [tx.tenant, users], 'notify.choices');
  const byUser = Map.groupBy(choices, ({ user_id }) => user_id);
  const found = new Map(profiles.map((row) => [row.user_id, toProfile(row)]));
  return new Map(
    users.map((user) => [
      user,
      {
        ...(found.get(user) ?? DEFAULTS),
        choices: (byUser.get(user) ?? []).map(({ category, channel, enabled }) => ({ category, channel, enabled })),
      },
    ]),
  );
}

/** Replaces what somebody decided. */
export async function savePreferences(tx: Tx, user: string, wanted: Preferences): Promise<void> {
  const { language, timeZone, quiet, digest, digestHour, choices } = wanted;
  const values = [language ?? null, timeZone ?? null, quiet?.from ?? null, quiet?.to ?? null, digest, digestHour];
  await tx.execute(SAVE_PROFILE, [tx.tenant, user, ...values], 'notify.save_profile');
  await tx.execute(FORGET_CHOICES, [tx.tenant, user], 'notify.forget_choices');
  await saveChoices(tx, user, choices);
}

/** Adds decisions, or changes them. */
export async function saveChoices(tx: Tx, user: string, choices: readonly Choice[]): Promise<void> {
  if (choices.length > 0)
    await tx.execute(SAVE_CHOICES, [tx.tenant, user, JSON.stringify(choices)], 'notify.save_choices');
}

/** Whether a message goes to somebody by a channel: as they decided, else as its kind says. */
export function isWanted(
  { category, channels }: Pick<Spec, 'category' | 'channels'>,
  channel: string,
  { choices }: Pick<Preferences, 'choices'>,
): boolean {
  if (category === 'security') return channels.includes(channel);
  const choice = choices.find((one) => one.category === category && one.channel === channel);
  return choice?.enabled ?? channels.includes(channel);
}

const toProfile = (row: ProfileRow): Profile => ({
  language: row.language ?? undefined,
  timeZone: row.time_zone ?? undefined,
  quiet: row.quiet_from === null || row.quiet_to === null ? undefined : { from: row.quiet_from, to: row.quiet_to },
  digest: row.digest,
  digestHour: row.digest_hour,
});
