/** What the installation says about itself: log lines, metrics, health and trace ids. @module */
export { createLog, silentLog, type Log, type LogMethod } from './log.ts';
export { createMetrics, type Counter, type Gauge, type Histogram, type Metrics } from './metrics.ts';
export { createHealth, type Health, type HealthCheck, type HealthReport, type HealthResult } from './health.ts';
export { continueTrace, formatTraceparent, type Trace } from './trace.ts';
export { flushSpans, inSpan, SPAN_ERROR, traceOf, type SpanOptions } from './spans.ts';
export { redact } from './redact.ts';
