/** The queues as bull-board shows them. @module */
export { createBoard, type Board } from './board.ts';
export { boardRoutes } from './routes.ts';
