/** @module Registers the OpenTelemetry SDK, once for a process, when the environment names a collector. */
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** The variables of the OpenTelemetry specification that switch tracing on. */
const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;

/**
 * Makes spans leave this process. Where to, how many and under which name say the variables of OpenTelemetry itself
 * (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`, …).
 * Returns whether it is on.
 */
export function registerTracing(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['OTEL_SDK_DISABLED'] === 'true' || !ENDPOINTS.some((name) => env[name])) return false;
  process.env['OTEL_SERVICE_NAME'] ??= 'podlift';
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
  // A second registration is refused: the first one of the process stays.
  if (!trace.setGlobalTracerProvider(provider)) return false;
  provider.register();
  return true;
}
