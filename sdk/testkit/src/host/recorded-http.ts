import { PodliftError } from '@podlift/sdk';

/** A request that a plugin made, as it left the host: with the secrets that the host put in. */
export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an address answers: a body (objects as JSON), a status with a body, or a function of the request. */
export type RecordedAnswer =
  | string
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | ((request: RecordedRequest) => Response | Promise<Response>);

/** Answers by `METHOD url` or `url`; a `*` at the end stands for the rest. */
export type RecordedAnswers = Readonly<Record<string, RecordedAnswer>>;

/** The network of a test: what was recorded, and nothing else. */
export interface RecordedHttp {
  /** Every request so far, oldest first. */
  readonly calls: readonly RecordedRequest[];
  /** Adds or replaces answers. */
  answer(answers: RecordedAnswers): void;
}

interface Init {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: BodyInit;
}

/** A network door that answers from a recording; a request that nobody recorded fails with a sentence that says what to record. */
export function createRecordedHttp(recorded: RecordedAnswers = {}): RecordedHttp & {
  fetch(url: string | URL, init: object | undefined): Promise<Response>;
} {
  const answers = new Map<string, RecordedAnswer>(Object.entries(recorded));
  const calls: RecordedRequest[] = [];
  return {
    calls,
    answer: (more) => {
      for (const [key, one] of Object.entries(more)) answers.set(key, one);
    },
    async fetch(url, init) {
      // The plugin host gives a NetInit, which has these fields of a RequestInit.
      const { method = 'GET', headers, body } = (init ?? {}) as Init;
      const request: RecordedRequest = {
        method,
        url: String(url),
        headers: Object.fromEntries(new Headers(headers)),
        body: body === undefined ? '' : await new Response(body).text(),
      };
      calls.push(request);
      const found = find(answers, request);
      if (found === undefined)
        throw new PodliftError('upstream_failed', `no answer is recorded for ${method} ${request.url}`, {
          kind: 'unavailable',
        });
      return toResponse(found, request);
    },
  };
}

function find(
  answers: ReadonlyMap<string, RecordedAnswer>,
  { method, url }: RecordedRequest,
): RecordedAnswer | undefined {
  const exact = answers.get(`${method} ${url}`) ?? answers.get(url);
  if (exact !== undefined) return exact;
  const [longest] = [...answers.keys()]
    .filter((key) => key.endsWith('*') && [`${method} ${url}`, url].some((one) => one.startsWith(key.slice(0, -1))))
    .toSorted((a, b) => b.length - a.length);
  return longest === undefined ? undefined : answers.get(longest);
}

async function toResponse(answer: RecordedAnswer, request: RecordedRequest): Promise<Response> {
  if (typeof answer === 'function') return answer(request);
  if (typeof answer === 'string') return new Response(answer);
  const { status = 200, json, body, headers } = answer;
  const made = json === undefined ? new Response(body ?? null, { status }) : Response.json(json, { status });
  for (const [name, value] of Object.entries(headers ?? {})) made.headers.set(name, value);
  return made;
}
