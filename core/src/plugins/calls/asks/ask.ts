import { PodliftError } from '@podlift/sdk';
import { invalidFields, type Cancel } from '@podlift/sdk/kernel';
import type { z } from 'zod';
import { PluginErrors } from '../../errors.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import { isGranted } from '../../tenants/consent.ts';
import type { Call } from '../table.ts';
import type { World } from '../world.ts';

/** Who asks, in which call. */
export interface Asking {
  readonly world: World;
  readonly plugin: LoadedPlugin;
  readonly call: Call;
  /** Fires when the asker gives up this one request. */
  readonly cancel: Cancel;
}

/** A thing that a plugin may ask the host during a call. */
export interface Ask {
  /** The capability that it needs. */
  readonly needs?: string;
  run(asking: Asking, input: unknown): unknown;
}

/** Declares an ask. Its input comes from code that may lie, so it is parsed first. */
export function ask<T extends z.ZodType>(
  input: T,
  run: (asking: Asking, input: z.output<T>) => unknown,
  needs?: string,
): Ask {
  return {
    ...(needs !== undefined && { needs }),
    run(asking, given) {
      const parsed = input.safeParse(given);
      if (!parsed.success)
        throw PodliftError.invalidInput(`what ${asking.plugin.id} asked the host for`, invalidFields(parsed.error));
      return run(asking, parsed.data);
    },
  };
}

/** @throws PodliftError when the manifest does not name the capability, or the tenant has not granted it. */
export function assertCapability({ plugin, call }: Asking, capability: string): void {
  if (!plugin.capabilities.includes(capability) && !plugin.optionalCapabilities.includes(capability))
    throw PodliftError.denied(plugin.id, capability);
  if (!isGranted(plugin, capability, call.facts)) throw PluginErrors.notGranted(plugin.id, capability);
}
