import { expect, test } from 'vitest';
import { createMetrics } from './index.ts';

test('speaks Prometheus under OpenTelemetry names', async () => {
  const metrics = createMetrics({ process: false });
  const duration = metrics.histogram('http.server.request.duration', {
    about: 'Duration of requests.',
    labels: ['http.request.method', 'http.route'],
  });
  duration.record(0.02, { 'http.request.method': 'GET', 'http.route': '/a' });
  metrics.counter('podlift.files.written', { about: 'Bytes.', unit: 'By' }).add(5);
  metrics.gauge('podlift.pool.size', { about: 'Connections.', observe: () => 4 });
  const text = await metrics.text();
  expect(text).toContain(
    'http_server_request_duration_seconds_bucket{le="0.025",http_request_method="GET",http_route="/a"} 1',
  );
  expect(text).toContain('podlift_files_written_bytes_total 5');
  expect(text).toContain('podlift_pool_size 4');
});

test('reads sums that others keep when it is asked', async () => {
  const metrics = createMetrics({ process: false });
  let calls = 1;
  metrics.sums('podlift.calls', { about: 'Calls.', labels: ['plugin'], read: () => [[{ plugin: 'a' }, calls]] });
  expect(await metrics.text()).toContain('podlift_calls_total{plugin="a"} 1');
  calls = 5;
  expect(await metrics.text()).toContain('podlift_calls_total{plugin="a"} 5');
});

test('gives the same instrument for the same name', async () => {
  const metrics = createMetrics({ process: false });
  metrics.counter('a.b', { about: 'x' }).add(1);
  metrics.counter('a.b', { about: 'x' }).add(1);
  expect(await metrics.text()).toContain('a_b_total 2');
});

test.each(['tenant', 'tenant.id', 'podlift.tenant_slug', 'organization'])('refuses the label %s', (label) => {
  expect(() => createMetrics({ process: false }).counter('a', { about: 'x', labels: [label] })).toThrow(
    'tenants apart',
  );
});

test('tells about the process itself', async () => {
  expect(await createMetrics().text()).toContain('process_cpu_user_seconds_total');
});
