/** @module Traces for operators: the SDK behind the calls that core makes to the OpenTelemetry API. */
import { definePlugin } from '@podlift/sdk';
import { manifest } from './manifest.ts';
import { registerTracing } from './tracing.ts';

export default definePlugin(manifest, () => {
  // The environment of the process is the operator's: tracing concerns the installation and no tenant.
  registerTracing(process.env);
});
