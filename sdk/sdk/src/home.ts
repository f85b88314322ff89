import { z } from 'zod';
import { extensionPoint } from './extension-point.ts';
import { method } from './method.ts';

const HomePanel = z.object({
  title: z.string(),
  text: z.string(),
  columns: z.array(z.string()).max(12),
  rows: z.array(z.array(z.union([z.string(), z.number()]))).max(100),
});

/** A point that the host opens: panels on the start page of an installation that shows a demo. */
export const homePanels = extensionPoint('podlift.home@1', z.object({}), {
  panel: method(z.void(), HomePanel),
});
