import {
  context,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { Trace } from './trace.ts';

const NAME = 'podlift';
/** The status of a span whose work failed. */
export const SPAN_ERROR = SpanStatusCode.ERROR;

/** The tracer of whoever registered an SDK; undefined while nobody has. */
function tracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider ? provider.getDelegateTracer(NAME) : provider.getTracer(NAME);
}

/** What a span is, beyond its name. Names and values of attributes follow OpenTelemetry's conventions where there are any. */
export interface SpanOptions {
  readonly kind?: 'server' | 'client' | 'consumer';
  readonly attributes?: Attributes;
  /** The `traceparent` that came with a request. */
  readonly traceparent?: string | undefined;
  /** Begins a trace of its own, whatever runs around it. */
  readonly root?: boolean;
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER } as const;

/**
 * Runs `fn` inside a span. Without an SDK nothing is made and `fn` runs as if it were called alone. Hot path: a few
 * nanoseconds then.
 */
export function inSpan<T>(name: string, options: SpanOptions, fn: (span: Span | undefined) => Promise<T>): Promise<T> {
  const on = tracer();
  return on ? trackSpan(on, name, options, fn) : fn(undefined);
}

async function trackSpan<T>(
  on: Tracer,
  name: string,
  { kind, attributes = {}, traceparent, root }: SpanOptions,
  fn: (span: Span) => Promise<T>,
): Promise<T> {
  const around = root ? ROOT_CONTEXT : context.active();
  const parent = traceparent === undefined ? around : propagation.extract(around, { traceparent });
  const span = on.startSpan(name, { kind: kind ? KINDS[kind] : SpanKind.INTERNAL, attributes }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), fn, undefined, span);
  } catch (error) {
    // The class and no message: messages may hold what people typed.
    span.setStatus({ code: SPAN_ERROR });
    span.setAttribute('error.type', error instanceof Error ? (Object(error).code ?? error.name) : typeof error);
    throw error;
  } finally {
    span.end();
  }
}

/** The place of a span in its trace, for logs and for headers that hand it on. */
export function traceOf(span: Span, parentId?: string): Trace {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, ...(parentId !== undefined && { parentId }), sampled: (traceFlags & 1) === 1 };
}

/** Sends what is still held back; call it last. */
export async function flushSpans(): Promise<void> {
  const provider = trace.getTracerProvider();
  const own: unknown = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  const { forceFlush } = Object(own);
  if (typeof forceFlush === 'function') await forceFlush.call(own);
}
