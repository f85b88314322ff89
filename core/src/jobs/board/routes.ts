import { PodliftError } from '@podlift/sdk';
import { rawRoute, type CoreRoute } from '../../http/index.ts';
import type { Jobs } from '../jobs.ts';
import { BOARD_PATH, type Board } from './board.ts';

/** The queues of the installation as a page, for operators, to look at. Acting is done by rows: `podlift jobs`, or REST. */
export function boardRoutes({ jobs }: { readonly jobs: Pick<Jobs, 'board'> }): CoreRoute[] {
  const OPERATOR = { methods: ['GET'], permission: 'operator' } as const;
  let board: Promise<Board> | undefined;
  const open = (): Promise<Board> =>
    (board ??= jobs.board().catch((error: unknown) => {
      board = undefined;
      throw error;
    }));
  return [
    rawRoute({ ...OPERATOR, path: BOARD_PATH }, (c) => c.redirect(`${BOARD_PATH}/`, 302)),
    rawRoute({ ...OPERATOR, path: `${BOARD_PATH}/*` }, async (c) => {
      const path = c.req.path.slice(BOARD_PATH.length);
      const answer = await (await open()).answer(path, c.req.query());
      if (!answer) throw new PodliftError('not_found', `There is no page ${c.req.path}.`, { kind: 'missing' });
      return answer;
    }),
  ];
}
