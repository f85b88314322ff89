import type { Config } from './load.ts';
import { SETTINGS, type Setting, type SettingName } from './settings.ts';

/** One line of `podlift config`. */
export interface ConfigRow {
  readonly name: string;
  readonly variable: string;
  readonly value: string;
  readonly source: string;
  readonly about: string;
}

/** The effective configuration with secrets masked, and where each value came from. */
export function describeConfig(config: Config): ConfigRow[] {
  return (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const setting: Setting = SETTINGS[name];
    return {
      name,
      variable: setting.variables[0],
      value: show(setting, config[name]),
      source: config.sources[name],
      about: setting.about,
    };
  });
}

function show(setting: Setting, value: unknown): string {
  if (value === undefined) return '(not set)';
  if (Array.isArray(value) && value.length === 0) return '(none)';
  if (setting.secret === 'whole') return '********';
  if (typeof value === 'string') return setting.secret === 'url' ? maskPassword(value) : value;
  return Array.isArray(value) ? value.join(', ') || '(none)' : JSON.stringify(value);
}

function maskPassword(text: string): string {
  const url = new URL(text);
  if (url.password) url.password = '********';
  for (const name of url.searchParams.keys())
    if (/password|secret|token/i.test(name)) url.searchParams.set(name, '********');
  return url.href;
}
