/** @module What this plugin tells people. */
import { notification, text } from '@podlift/sdk';
import { z } from 'zod';

const to = { permission: 'shows:write' } as const;

/** A show is there for the first time. */
const showImported = notification(
  'show-imported',
  z.object({ showId: z.uuid(), show: z.string(), episodes: z.int() }),
  {
    title: text({ en: '{show} was imported', de: '{show} wurde importiert' }),
    body: text({
      en: 'The feed brought {episodes} episodes. From now on it is read again by itself.',
      de: 'Der Feed brachte {episodes} Folgen. Er wird ab jetzt von selbst wieder gelesen.',
    }),
    category: 'activity',
    link: '/shows/{showId}',
  },
);

/** A feed could not be read again and again; once may be chance. */
const feedFailing = notification(
  'feed-failing',
  z.object({ showId: z.uuid(), show: z.string(), failures: z.int(), reason: z.string() }),
  {
    title: text({ en: 'The feed of {show} cannot be read', de: 'Der Feed von {show} lässt sich nicht lesen' }),
    body: text({
      en: 'It was tried {failures} times in a row: {reason}\n\nNew episodes are missing until it works again. Look at the address of the feed.',
      de: 'Es wurde {failures}-mal nacheinander versucht: {reason}\n\nNeue Folgen fehlen, bis es wieder gelingt. Sehen Sie nach der Adresse des Feeds.',
    }),
    category: 'problems',
    severity: 'warning',
    channels: ['inbox', 'mail'],
    link: '/shows/{showId}',
  },
);

export const notifications = { showImported, feedFailing, to } as const;

/** Failures in a row of which people are told; a feed that goes on failing is told of once. */
export const TELL_AFTER = 3;
