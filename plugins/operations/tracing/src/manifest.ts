import { defineManifest, text } from '@podlift/sdk';

export const manifest = defineManifest({
  id: 'podlift.tracing',
  version: '0.1.0',
  sdk: '^0.1',
  license: 'Apache-2.0',
  title: text({ en: 'Tracing', de: 'Tracing' }),
  description: text({
    en: 'Sends traces of requests, transactions, events, jobs and plugin calls to an OpenTelemetry collector.',
    de: 'Schickt Traces von Anfragen, Transaktionen, Ereignissen, Aufträgen und Plugin-Aufrufen an einen OpenTelemetry Collector.',
  }),
});
