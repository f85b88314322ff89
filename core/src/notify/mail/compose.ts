import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { oneLine } from '../render.ts';
import type { Mail } from './mail.ts';

type Html = ReturnType<typeof html>;

/** What a mail says, before it has a form. Everything in it is text and nothing is markup. */
export interface MailParts {
  readonly language: string;
  readonly subject: string;
  /** An empty line begins a paragraph. */
  readonly body: string;
  /** Sections under the body, each with its own link: a digest. */
  readonly items?: readonly { readonly title: string; readonly body: string; readonly url: string | undefined }[];
  readonly action?: { readonly label: string; readonly url: string } | undefined;
  /** Why one gets this mail. */
  readonly foot: string;
  readonly unsubscribe?: { readonly label: string; readonly url: string } | undefined;
}

/** Names a mail by what it carries and who gets it, so that a second attempt has the same name. */
export function messageIdOf(id: string, recipient: string, host: string): string {
  const who = createHash('sha256').update(recipient.toLowerCase()).digest('hex').slice(0, 16);
  return `<${id}.${who}@${host}>`;
}

/** Gives a mail its form: plain text, and the same as simple HTML that reads well aloud. */
export async function compose(messageId: string, to: Mail['to'], parts: MailParts): Promise<Mail> {
  const subject = oneLine(parts.subject).slice(0, 250);
  return {
    messageId,
    to: { address: to.address, ...(to.name && { name: oneLine(to.name).slice(0, 100) }) },
    subject,
    text: toText(parts),
    html: (await toHtml({ ...parts, subject })).toString(),
    ...(parts.unsubscribe && { unsubscribe: parts.unsubscribe.url }),
  };
}

const paragraphs = (text: string): string[] =>
  text
    .split(/\n{2,}/)
    .map((one) => one.trim())
    .filter(Boolean);

function toText({ body, items = [], action, foot, unsubscribe }: MailParts): string {
  return [
    ...paragraphs(body),
    ...items.map((item) => [item.title, ...paragraphs(item.body), ...(item.url ? [item.url] : [])].join('\n')),
    ...(action ? [`${action.label}:\n${action.url}`] : []),
    `-- \n${foot}`,
    ...(unsubscribe ? [`${unsubscribe.label}:\n${unsubscribe.url}`] : []),
  ].join('\n\n');
}

const STYLE = `body{margin:0;padding:24px 12px;background:#f6f6f8;color:#18181b;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main{max-width:560px;margin:0 auto;background:#fff;border:1px solid #e4e4e7;border-radius:12px;padding:24px}
h1{font-size:20px;line-height:1.3;margin:0 0 12px}h2{font-size:16px;margin:20px 0 4px}p{margin:0 0 12px}
.go{display:inline-block;background:#5b4ff5;color:#fff;text-decoration:none;font-weight:600;border-radius:8px;padding:10px 18px}
a{color:#4338ca}footer{max-width:560px;margin:16px auto 0;color:#52525b;font-size:13px}.brand{font-weight:650;color:#52525b}`;

function toHtml({ language, subject, body, items = [], action, foot, unsubscribe }: MailParts): Html {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${subject}</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <p class="brand">Podlift</p>
          <h1>${subject}</h1>
          ${paragraphs(body).map(toParagraph)}
          ${items.map(
            (item) =>
              html`<h2>${item.url ? html`<a href="${item.url}">${item.title}</a>` : item.title}</h2>
                ${paragraphs(item.body).map(toParagraph)}`,
          )}
          ${
            action
              ? html`<p><a class="go" href="${action.url}">${action.label}</a></p>
                  <p>${action.url}</p>`
              : ''
          }
        </main>
        <footer>
          <p>${foot}</p>
          ${unsubscribe ? html`<p><a href="${unsubscribe.url}">${unsubscribe.label}</a></p>` : ''}
        </footer>
      </body>
    </html>`;
}

const toParagraph = (text: string): Html => html`<p>${text}</p>`;
