import type { Command } from 'commander';
import { withRooms, type Rooms, type RoomsNeeds } from '../app/index.ts';
import type { Cli } from './cli.ts';
import type { Output } from './output.ts';

/** Runs `work` with the product's rooms open and nothing else running, and closes them. */
export async function useRooms<T>(
  cli: Cli,
  command: Command,
  work: (rooms: Rooms, output: Output) => Promise<T>,
  needs: RoomsNeeds = {},
): Promise<T> {
  const output = cli.output(command);
  return withRooms(cli.config(command), (rooms) => work(rooms, output), needs);
}
