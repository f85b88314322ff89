import { Redis } from 'ioredis';
import { createLimits } from '../index.ts';

/** A process of its own that takes at once, and prints how often it was let through. */
const [port, times, points] = process.argv.slice(2).map(Number);
const redis = new Redis(port ?? 0, '127.0.0.1');
const limits = createLimits({ redis });
await redis.ping();
const window = { points: points ?? 0, seconds: 60 };
const taken = await Promise.all(Array.from({ length: times ?? 0 }, () => limits.take('both', window)));
console.log(taken.filter(({ allowed }) => allowed).length);
redis.disconnect();
