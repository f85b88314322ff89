import type { Log } from '../../telemetry/index.ts';
import { contentTag, isFresh } from '../conditional.ts';
import { rawRoute, type CoreRoute } from '../core-route.ts';
import type { PluginDocument } from '../doors.ts';
import { createHomePage } from '../home/page.ts';
import type { HomePanel } from '../home/panel.ts';
import { buildDocument } from '../openapi/build.ts';
import type { OpenApiDocument } from '../openapi/document.ts';
import { sendPage, type Page } from '../pages/page.ts';
import { createReferencePage } from '../reference/page.ts';
import { VERSION } from '../version.ts';

/** What the pages show. */
export interface PageDeps {
  readonly publicUrl: string;
  readonly log: Log;
  /** Core's own routes as a document; asked for after all were registered. */
  readonly ownDocument: () => OpenApiDocument;
  readonly plugins: { documents(): readonly PluginDocument[] };
  /** The panels of the start page. */
  readonly homePanels?: () => Promise<readonly HomePanel[]>;
}

const OPEN = { permission: 'public', tenant: 'none' } as const;
const PANELS_MS = 5000;

/** `/` says what this is, `/reference` what can be called, `/openapi.json` the same to machines. */
export function pageRoutes(deps: PageDeps): CoreRoute[] {
  const current = cachedByDocuments(deps);
  let home: { readonly key: string; readonly page: Page } | undefined;
  return [
    rawRoute({ ...OPEN, methods: ['GET'], path: '/openapi.json' }, (c) => {
      const { text, etag } = current();
      const headers = { etag, 'cache-control': 'no-cache', 'content-type': 'application/json' };
      return isFresh(c, etag) ? new Response(null, { status: 304, headers }) : new Response(text, { headers });
    }),
    rawRoute({ ...OPEN, methods: ['GET'], path: '/reference' }, (c) => sendPage(c, current().reference())),
    rawRoute({ ...OPEN, methods: ['GET'], path: '/' }, async (c) => {
      const panels = await readPanels(deps);
      const key = JSON.stringify(panels);
      if (home?.key !== key) home = { key, page: createHomePage(panels, VERSION) };
      return sendPage(c, home.page);
    }),
  ];
}

/** The document and its page, made anew when a plugin came or went. */
function cachedByDocuments({ publicUrl, ownDocument, plugins }: PageDeps) {
  let made:
    | { readonly of: readonly PluginDocument[]; readonly text: string; readonly etag: string; reference(): Page }
    | undefined;
  return () => {
    const of = plugins.documents();
    if (made && (made.of === of || (made.of.length === 0 && of.length === 0))) return made;
    const document = buildDocument(ownDocument(), of, { version: VERSION, url: publicUrl });
    const text = JSON.stringify(document);
    let page: Page | undefined;
    made = { of, text, etag: contentTag(text), reference: () => (page ??= createReferencePage(document, publicUrl)) };
    return made;
  };
}

/** A demo that does not answer must not take the start page with it. */
async function readPanels({ homePanels, log }: PageDeps): Promise<readonly HomePanel[]> {
  if (!homePanels) return [];
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`No panels within ${PANELS_MS} ms.`)), PANELS_MS);
  try {
    return (await Promise.race([homePanels(), late.promise])).filter(({ columns }) => columns.length > 0);
  } catch (error) {
    log.warn({ err: error }, 'the start page shows no panels');
    return [];
  } finally {
    clearTimeout(timer);
  }
}
