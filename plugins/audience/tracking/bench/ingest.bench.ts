/**
 * Ingest of the whole product over real connections: credential, tenant, permission, checks, dedupe, touchpoint and event, answered after the commit.
 * Batches of 500 against COPY by the owner role into the same tables; single events against the same checks without a database.
 */
import { measureCopy } from './copy.ts';
import { startFloor } from './floor.ts';
import { createPostgresClock, measureLoad, startStand, type Load } from './stand.ts';

const SECONDS = 8;
const COPY_ROWS = 100_000;

const stand = await startStand();
const postgres = await createPostgresClock(stand.database.url('owner', true));
const floor = await startFloor();
const { port, authorization } = stand;

await measureLoad(port, '/v1/batch', authorization, 4, 2, 500);
await measureCopy(stand.database.url('owner', true), stand.tenant, 10_000, postgres);
const batch = await measureLoad(port, '/v1/batch', authorization, 16, SECONDS, 500, postgres);
const copy = await measureCopy(stand.database.url('owner', true), stand.tenant, COPY_ROWS, postgres);
const bare = await measureLoad(floor.port, '/v1/track', authorization, 64, SECONDS / 2, 1);
const single = await measureLoad(port, '/v1/track', authorization, 64, SECONDS, 1, postgres);
// A call that says who somebody is has nothing to land: the same way through the product, without the database.
const empty = await measureLoad(port, '/v1/identify', authorization, 64, SECONDS / 2, 1);

console.log('                                        events/s   p50 ms   p99 ms   CPU µs/event: node  PostgreSQL');
row('batches of 500, 16 connections', batch);
console.log(
  `${'COPY by the owner into the same tables'.padEnd(38)}${count(copy.perSecond)}${' '.repeat(38)}${copy.postgresMicros.toFixed(1).padStart(12)}`,
);
row('single events, 64 connections', single);
row('the same route with nothing to store', empty);
row('the same checks behind bare Hono', bare);
console.log(`\nbatches against COPY: ${percent(batch.perSecond / copy.perSecond)} (goal ≥ 60 %)`);
console.log(
  `single events against the same route without a database: ${percent(single.perSecond / empty.perSecond)} (goal ≥ 20 %)`,
);
console.log(`single events against the same checks behind bare Hono: ${percent(single.perSecond / bare.perSecond)}`);

floor.stop();
await stand.stop();

function row(name: string, load: Load): void {
  console.log(
    `${name.padEnd(38)}${count(load.perSecond)}${load.p50.toFixed(1).padStart(9)}${load.p99.toFixed(1).padStart(9)}${load.nodeMicros.toFixed(1).padStart(20)}${load.postgresMicros.toFixed(1).padStart(12)}`,
  );
}
function count(n: number): string {
  return Math.round(n).toLocaleString('en').padStart(10);
}
function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
