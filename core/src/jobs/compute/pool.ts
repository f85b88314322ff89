import { availableParallelism } from 'node:os';
import type { PodliftError } from '@podlift/sdk';
import type { ComputeRequest } from '@podlift/sdk/kernel';
import type { Log } from '../../telemetry/index.ts';
import { ComputeErrors, rebuild } from './errors.ts';
import type { ComputeAnswer } from './protocol.ts';
import { findModule } from './module.ts';
import { cutColumns } from './transfer.ts';
import { startThread, type ComputeThread, type ThreadEnd } from './worker.ts';

export interface ComputePoolOptions {
  readonly log: Log;
  /** Threads at most; one per core but one, and at least two, when absent. */
  readonly threads?: number;
  /** An idle thread ends after this long. */
  readonly idleMs?: number;
  /** Computations that may wait for a thread. */
  readonly mostWaiting?: number;
}

/** Runs computations in threads of their own, so that the host answers and renews its locks meanwhile. */
export interface ComputePool {
  /** Resolves with the output. Rejects when it throws, is cancelled, is late, needs too much memory, or dies. */
  run(what: string, request: ComputeRequest): Promise<unknown>;
  readonly busy: number;
  readonly waiting: number;
  /** Ends all threads; what runs is rejected. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 10 * 60_000;
const MEMORY_MB = 512;
const IDLE_MS = 30_000;
const MOST_WAITING = 1000;
/** setTimeout takes no more. */
const MOST_TIMER = 2 ** 31 - 1;

interface Task {
  readonly id: number;
  readonly what: string;
  readonly request: ComputeRequest;
  readonly memoryMb: number;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: PodliftError) => void;
  seat: Seat | undefined;
}

/** A thread and what it works on. */
interface Seat {
  readonly thread: ComputeThread;
  task: Task | undefined;
  idle: NodeJS.Timeout | undefined;
}

export function createComputePool(options: ComputePoolOptions): ComputePool {
  const { log, idleMs = IDLE_MS, mostWaiting = MOST_WAITING } = options;
  const size = options.threads ?? Math.max(2, availableParallelism() - 1);
  const seats = new Set<Seat>();
  /** Who waits, by tenant; the tenants take turns. */
  const lines = new Map<string, Task[]>();
  let waiting = 0;
  let last = 0;
  let closed = false;

  const next = (): Task | undefined => {
    for (const [tenant, tasks] of lines) {
      const task = tasks.shift();
      lines.delete(tenant);
      if (tasks.length > 0) lines.set(tenant, tasks);
      if (!task) continue;
      waiting--;
      return task;
    }
    return undefined;
  };

  const leave = (task: Task): void => {
    const tasks = lines.get(task.request.tenant) ?? [];
    const at = tasks.indexOf(task);
    if (at < 0) return;
    tasks.splice(at, 1);
    if (tasks.length === 0) lines.delete(task.request.tenant);
    waiting--;
  };

  /** The thread is of no more use: what it did is undone by ending it. */
  const drop = (seat: Seat): void => {
    clearTimeout(seat.idle);
    seats.delete(seat);
    seat.task = undefined;
    seat.thread.end().catch(() => undefined);
    fill();
  };

  const free = (seat: Seat): void => {
    seat.task = undefined;
    seat.idle = setTimeout(() => drop(seat), idleMs);
    seat.idle.unref();
    fill();
  };

  const answered = (seat: Seat, answer: ComputeAnswer): void => {
    const { task } = seat;
    if (!task || task.id !== answer.id) return;
    if (answer.kind === 'progress') return task.request.progress(answer.done, answer.total);
    free(seat);
    if (answer.kind === 'done') return task.resolve(answer.output);
    log.debug({ computation: task.what, stack: answer.thrown.stack }, 'A computation threw');
    task.reject(rebuild(task.what, answer.thrown));
  };

  const ended = (seat: Seat, { outOfMemory, message }: ThreadEnd): void => {
    const { task } = seat;
    drop(seat);
    task?.reject(
      outOfMemory ? ComputeErrors.outOfMemory(task.what, task.memoryMb) : ComputeErrors.crashed(task.what, message),
    );
  };

  const open = (memoryMb: number): Seat => {
    const seat: Seat = {
      thread: startThread(memoryMb, {
        answered: (answer) => answered(seat, answer),
        ended: (end) => ended(seat, end),
        said: (text) => log.debug({ computation: seat.task?.what, text }, 'A computation wrote to its output'),
      }),
      task: undefined,
      idle: undefined,
    };
    seats.add(seat);
    return seat;
  };

  /** A thread for so much memory: an idle one of that size, a new one, or an idle one of another size made anew. */
  const seatFor = (memoryMb: number): Seat | undefined => {
    const idle = [...seats].filter(({ task }) => !task);
    const fitting = idle.find(({ thread }) => thread.memoryMb === memoryMb);
    if (fitting) return fitting;
    if (seats.size < size) return open(memoryMb);
    const [other] = idle;
    if (!other) return undefined;
    clearTimeout(other.idle);
    seats.delete(other);
    other.thread.end().catch(() => undefined);
    return open(memoryMb);
  };

  /** Whether another computation could begin now. */
  const hasRoom = (): boolean => waiting > 0 && !closed && (seats.size < size || [...seats].some(({ task }) => !task));

  const fill = (): void => {
    while (hasRoom()) {
      const task = next();
      const seat = task && seatFor(task.memoryMb);
      if (!task || !seat) return;
      begin(task, seat);
    }
  };

  const begin = (task: Task, seat: Seat): void => {
    clearTimeout(seat.idle);
    seat.task = task;
    task.seat = seat;
    const { module, input } = task.request;
    try {
      seat.thread.send({ id: task.id, module: findModule(module).href, input: cutColumns(input) });
    } catch (error) {
      free(seat);
      task.reject(ComputeErrors.failed(task.what, error instanceof Error ? error.message : String(error)));
    }
  };

  return {
    get busy() {
      return [...seats].filter(({ task }) => task).length;
    },
    get waiting() {
      return waiting;
    },
    run(what, request) {
      if (closed) return Promise.reject(ComputeErrors.stopped(what));
      if (waiting >= mostWaiting) return Promise.reject(ComputeErrors.busy(what, waiting));
      if (request.cancel.reason) return Promise.reject(request.cancel.reason);
      const { timeoutMs = TIMEOUT_MS, memoryMb = MEMORY_MB, tenant, cancel } = request;
      return new Promise<unknown>((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer);
          forget();
        };
        const task: Task = {
          id: ++last,
          what,
          request,
          memoryMb,
          seat: undefined,
          resolve: (output) => {
            end();
            resolve(output);
          },
          reject: (error) => {
            end();
            reject(error);
          },
        };
        /** Nothing stops code that spins but the end of its thread. */
        const stop = (reason: PodliftError): void => {
          if (task.seat?.task === task) drop(task.seat);
          else leave(task);
          task.reject(reason);
        };
        // Its time begins when it is asked for: whoever waits for it does not care where the time goes.
        const timer = setTimeout(() => stop(ComputeErrors.late(what, timeoutMs)), Math.min(timeoutMs, MOST_TIMER));
        const forget = cancel.onAbort(stop);
        const line = lines.get(tenant);
        if (line) line.push(task);
        else lines.set(tenant, [task]);
        waiting++;
        fill();
      });
    },
    async close() {
      closed = true;
      const tasks = [...lines.values()].flat();
      lines.clear();
      waiting = 0;
      for (const task of tasks) task.reject(ComputeErrors.stopped(task.what));
      const open = [...seats];
      seats.clear();
      for (const { task } of open) task?.reject(ComputeErrors.stopped(task.what));
      await Promise.all(
        open.map(({ thread, idle }) => {
          clearTimeout(idle);
          return thread.end().catch(() => undefined);
        }),
      );
    },
  };
}
