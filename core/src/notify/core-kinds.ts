import { text } from '@podlift/sdk';
import type { NotificationKind } from './kind.ts';

/** Messages of the host itself to people of a tenant. */
export const CORE_KINDS = {
  jobDead: {
    id: 'core/job-dead',
    title: text({ en: 'The job {job} has failed', de: 'Die Aufgabe {job} ist gescheitert' }),
    body: text({
      en: 'It was tried {attempts} times and is not tried again by itself: {reason}',
      de: 'Sie wurde {attempts}-mal versucht und wird nicht von selbst wiederholt: {reason}',
    }),
    category: 'problems',
    severity: 'warning',
    channels: ['inbox'],
    link: '/jobs/{id}',
  },
  quotaNear: {
    id: 'core/quota-near',
    title: text({
      en: '{quota}: {percent} % of the plan is used',
      de: '{quota}: {percent} % des Plans sind verbraucht',
    }),
    body: text({
      en: '{used} of {limit} are used. When the limit is reached, what goes beyond it is refused until the plan is changed or room is made.',
      de: '{used} von {limit} sind verbraucht. Ist die Grenze erreicht, wird abgelehnt, was darüber hinausgeht, bis der Plan geändert oder Platz geschaffen ist.',
    }),
    category: 'billing',
    severity: 'warning',
    channels: ['inbox', 'mail'],
    link: '/plan',
  },
} as const satisfies Record<string, NotificationKind>;
