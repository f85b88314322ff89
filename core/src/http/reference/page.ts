import { raw } from 'hono/html';
import type { OpenApiDocument } from '../openapi/document.ts';
import { textAt } from '../openapi/document.ts';
import { html, ICONS, MARK, type Html } from '../pages/html.ts';
import { createPage, type Page } from '../pages/page.ts';
import { jsonHtml } from './code.ts';
import { curlOf } from './curl.ts';
import { readGroups, type Answer, type Content, type Group, type Operation } from './model.ts';
import { fieldRow, limitsOf, schemaRows, typeOf } from './schema.ts';
import { referenceScript } from './script.ts';
import { REFERENCE_STYLE } from './style.ts';

/** The reference of everything that can be called, made on the server from the merged document. */
export function createReferencePage(document: OpenApiDocument, url: string): Page {
  const groups = readGroups(document);
  return createPage({
    title: 'API reference · Podlift',
    description: 'Every route of this Podlift installation, with schemas, examples and a form to try them.',
    style: REFERENCE_STYLE,
    script: referenceScript,
    body: html`<div class="shell">
        ${navigation(groups)}
        <main>
          <div class="wide">
            ${introduction(document, groups, url)} ${groups.map((group) => groupSection(document, group, url))}
            <footer>The same as a document: <a href="/openapi.json">openapi.json</a></footer>
          </div>
        </main>
      </div>
      ${callData(groups)}`,
  });
}

const navigation = (groups: readonly Group[]): Html =>
  html`<nav aria-label="Routes">
    <header>
      <a class="brand" href="/">${MARK}Podlift</a
      ><span
        ><button class="ghost menu" data-menu aria-label="Routes">${ICONS.list}</button
        ><button class="ghost" data-toggle-theme aria-label="Light or dark">${ICONS.moon}</button></span
      >
    </header>
    <div class="find">
      ${ICONS.search}<input id="search" type="search" placeholder="Find a route" aria-label="Find a route" /><kbd
        >/</kbd
      >
    </div>
    <div class="list">
      <p class="none hidden">No route has these words.</p>
      ${groups.map(
        ({ name, operations }) =>
          html`<section>
            <h2>${name}</h2>
            ${operations.map(
              ({ id, method, path, summary, permission }) =>
                html`<a href="#${id}" data-text="${`${name} ${method} ${path} ${summary} ${permission}`.toLowerCase()}"
                  ><span class="verb ${method}">${method === 'delete' ? 'del' : method}</span><span>${summary}</span></a
                >`,
            )}
          </section>`,
      )}
    </div>
  </nav>`;

function introduction(document: OpenApiDocument, groups: readonly Group[], url: string): Html {
  const count = groups.reduce((sum, { operations }) => sum + operations.length, 0);
  return html`<section class="intro">
    <h1>API reference</h1>
    <p>
      ${count} routes of Podlift ${textAt(document.info, 'version') ?? ''} and the plugins that run in it now, at
      <code>${url}</code>.
    </p>
    <div class="facts">
      <div class="fact">
        <h3>Who asks</h3>
        <p>A key as <code>Authorization: Bearer plk_…</code>, or the session of a browser that is signed in.</p>
      </div>
      <div class="fact">
        <h3>For which tenant</h3>
        <p>The one a key belongs to. A session names it by host name or by the header <code>Podlift-Tenant</code>.</p>
      </div>
      <div class="fact">
        <h3>When it fails</h3>
        <p>
          <code>application/problem+json</code> with a <code>code</code>, a sentence and each wrong field by its path.
        </p>
      </div>
      <div class="fact">
        <h3>Trying again</h3>
        <p>Send <code>Idempotency-Key</code> with a POST, and a repeat within a day gets the first answer.</p>
      </div>
    </div>
  </section>`;
}

const groupSection = (document: OpenApiDocument, { name, id, description, operations }: Group, url: string): Html =>
  html`<section class="group" id="${id}">
    <header>
      <h2>${name}</h2>
      ${description ? html`<p>${description}</p>` : ''}${
        operations[0]?.plugin ? html`<span class="plugin">${operations[0].plugin}</span>` : ''
      }
    </header>
    ${operations.map((operation) => operationSection(document, operation, url))}
  </section>`;

function operationSection(document: OpenApiDocument, operation: Operation, url: string): Html {
  const { id, method, path, summary, description, permission, deprecated, parameters, body, responses } = operation;
  const good = responses.find(({ status, content }) => status.startsWith('2') && content);
  return html`<article class="operation" id="${id}">
    <div>
      <h3>${summary}</h3>
      <p class="address"><span class="verb ${method}">${method}</span><span>${pathHtml(path)}</span></p>
      <p class="needs">${ICONS.lock}${needs(permission)}${deprecated ? ' · deprecated' : ''}</p>
      ${description ? html`<p class="text">${description}</p>` : ''}
      ${['path', 'query', 'header'].map((place) => {
        const found = parameters.filter((one) => one.in === place);
        if (found.length === 0) return '';
        return html`<h4>${PLACES[place] ?? place}</h4>
          <ul class="fields">
            ${found.map((one) =>
              fieldRow({ ...one, type: typeOf(document, one.schema), limits: limitsOf(one.schema) }),
            )}
          </ul>`;
      })}
      ${
        body
          ? html`<h4>Body <span class="type">${typeOf(document, body.schema)}</span></h4>
              ${schemaRows(document, body.schema)}`
          : ''
      }
      <h4>Answers</h4>
      <div class="answers">${responses.map((answer) => answerRow(document, answer))}</div>
    </div>
    <div class="side">
      <button class="button try" data-try="${id}">Try it</button>
      <div class="panel">
        <header>Shell<button class="ghost" data-copy aria-label="Copy">${ICONS.copy}</button></header>
        <pre>${curlOf(operation, url)}</pre>
      </div>
      ${good?.content ? examplePanel(good.status, good.content) : ''}
    </div>
  </article>`;
}

const PLACES: Readonly<Record<string, string>> = { path: 'In the path', query: 'In the query', header: 'Headers' };

function needs(permission: string): string {
  if (permission === 'public') return 'Anyone may call it';
  if (permission === 'signed-in') return 'Anyone who is signed in';
  return permission === 'operator' ? 'Operators of the installation' : `Needs ${permission}`;
}

const pathHtml = (path: string): Html[] =>
  path.split(/(\{[^}]+\})/).map((part) => (part.startsWith('{') ? html`<em>${part}</em>` : html`${part}`));

function answerRow(document: OpenApiDocument, { status, description, content }: Answer): Html {
  const rows = content ? schemaRows(document, content.schema) : undefined;
  const label = status === 'default' ? 'else' : status;
  const colour = status === 'default' ? 'sd' : `s${status.charAt(0)}`;
  return html`<details${rows ? '' : raw(' class="plain"')}><summary><code class="${colour}">${label}</code><span>${description}</span>${
    content ? html`<span class="type">${typeOf(document, content.schema)}</span>` : ''
  }</summary>${rows ?? ''}</details>`;
}

const examplePanel = (status: string, { type, example }: Content): Html =>
  html`<div class="panel">
    <header>${status} · ${type}<button class="ghost" data-copy aria-label="Copy">${ICONS.copy}</button></header>
    <pre>${typeof example === 'string' ? example : jsonHtml(example)}</pre>
  </div>`;

/** What the form of each route needs, as data that the script reads. */
function callData(groups: readonly Group[]): Html {
  const calls = groups.flatMap(({ operations }) =>
    operations.map(({ id, method, path, permission, parameters, body }) => [
      id,
      {
        method,
        path,
        open: permission === 'public',
        parameters: parameters.map(({ name, in: place, required, example }) => ({
          name,
          in: place,
          required,
          example,
        })),
        ...(body && { body: { type: body.type, example: body.example } }),
      },
    ]),
  );
  // In a script element only its own end and comments are read as anything but text.
  const text = JSON.stringify(Object.fromEntries(calls)).replaceAll('<', String.raw`\u003c`);
  return html`${raw(`<script type="application/json" id="calls">${text}</script>`)}`;
}
