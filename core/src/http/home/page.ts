import { raw } from 'hono/html';
import { html, ICONS, MARK, type Html } from '../pages/html.ts';
import { createPage, type Page } from '../pages/page.ts';
import { chartHtml } from './chart.ts';
import { tryChart, tryNumber, type HomePanel } from './panel.ts';
import { HOME_STYLE } from './style.ts';

/** The start page: what Podlift is, what a demo found, where to go. */
export const createHomePage = (panels: readonly HomePanel[], version: string): Page =>
  createPage({
    title: 'Podlift',
    description: 'Which ad, on which show, brought which customer.',
    style: HOME_STYLE,
    body: html`<div class="wide">
      <header class="top">
        <a class="brand" href="/">${MARK}Podlift</a>
        <nav>
          <a href="/reference">Reference</a><a href="/sign-in">Sign in</a
          ><button class="ghost" data-toggle-theme aria-label="Light or dark">${ICONS.moon}</button>
        </nav>
      </header>
      <main>
        <section class="hero">
          <h1>Which ad, on which show, brought which customer.</h1>
          <p>
            Podlift measures podcast advertising. It counts what can be counted, says how sure it is, and sets every
            attribution model beside the truth where the truth is known.
          </p>
          <div class="actions">
            <a class="button primary" href="/reference">Open the API reference ${ICONS.arrow}</a
            ><a class="button" href="/sign-in">Sign in</a>
          </div>
        </section>
        ${panels.length > 0 ? overviewFirst(panels).map(panelSection) : NOTHING_YET}
        <section class="ways">
          <div>
            <h3>Send what happened</h3>
            <p>
              Visits, leads and orders at <code>/v1/track</code>, in the shape that existing analytics libraries already
              send.
            </p>
          </div>
          <div>
            <h3>Ask what it means</h3>
            <p>Campaigns, journeys and results over REST, each route with a schema and an example.</p>
          </div>
          <div>
            <h3>Add what is missing</h3>
            <p>Every feature here is a plugin. A model fits on one screen, and yours runs beside ours.</p>
          </div>
        </section>
      </main>
      <footer>
        <span>Podlift ${version}</span><a href="/openapi.json">OpenAPI document</a><a href="/health/ready">Health</a>
      </footer>
    </div>`,
  });

/** The short tables sum up what the long ones list. */
const overviewFirst = (panels: readonly HomePanel[]): readonly HomePanel[] =>
  panels.toSorted((a, b) => a.rows.length - b.rows.length);

const NOTHING_YET = html`<section class="empty">
  <p>No demo runs here yet. It simulates a market whose truth is known, and sets the models beside it.</p>
  <code>podlift demo</code>
</section>`;

function panelSection(panel: HomePanel): Html {
  const chart = tryChart(panel);
  return html`<section class="result">
    <header>
      <h2>${panel.title}</h2>
      <p>${panel.text}</p>
    </header>
    ${chart ? chartHtml(chart) : ''}${panel.columns.length > 0 ? table(panel) : ''}
  </section>`;
}

function table({ columns, rows }: HomePanel): Html {
  const words = columns.map(
    (_, at) => at > 0 && rows.every((row) => row[at] === '' || tryNumber(row[at]) === undefined),
  );
  const word = (at: number): Html | '' => (words[at] ? raw(' class="word"') : '');
  const isReal = (text: string | number | undefined): boolean => typeof text === 'string' && /\btruth\b/i.test(text);
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${columns.map((name, at) => html`<th scope="col" ${word(at)}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr${isReal(row[0]) ? raw(' class="real"') : ''}>${columns.map((name, at) => {
              const cell = row[at] ?? '';
              const text = typeof cell === 'number' ? cell.toLocaleString('en') : cell;
              return html`<td${isReal(name) ? raw(' class="real"') : word(at)}>${text}</td>`;
            })}</tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
