import { type Entry, PodliftError } from '@podlift/sdk';
import type { z } from 'zod';
import type { models, Question } from './contract.ts';

/** An installed model. */
export type Model = Entry<(typeof models)['data'], (typeof models)['methods']>;

/** Two years of daily work; a longer range is a mistake more often than a question. */
const LONGEST_RANGE_DAYS = 800;
const DAY = 86_400_000;

const wrong = (field: readonly string[], message: string): PodliftError =>
  PodliftError.invalidInput('the question', [{ path: field, message }]);

/** Refuses a range that is empty, turned round or too long. */
export function checkRange({ from, to }: Pick<z.output<typeof Question>, 'from' | 'to'>): void {
  if (from.getTime() >= to.getTime()) throw wrong(['to'], 'the end must be later than the start');
  if (to.getTime() - from.getTime() > LONGEST_RANGE_DAYS * DAY)
    throw wrong(['to'], `a range is at most ${LONGEST_RANGE_DAYS} days long`);
}

/** The asked models in the asked order, each once; all when none is asked. */
export function chooseModels(installed: readonly Model[], ids: readonly string[] | undefined): Model[] {
  if (installed.length === 0)
    throw new PodliftError('attribution.no_models', 'no attribution model is enabled for this tenant', {
      kind: 'conflict',
    });
  if (!ids) return [...installed];
  const known = installed.map(({ id }) => id).join(', ');
  return [...new Set(ids)].map((id) => {
    const model = installed.find((one) => one.id === id);
    if (!model) throw wrong(['models', String(ids.indexOf(id))], `there is no model "${id}"; installed are ${known}`);
    return model;
  });
}
