import type { PluginJson } from '@podlift/sdk/kernel';
import type { ContractGraph } from './graph/index.ts';
import type { PluginStatus } from './lifecycle/status.ts';

/** Something that a person should know about the installed plugins. */
export interface Finding {
  readonly level: 'error' | 'warning' | 'note';
  readonly plugin: string;
  readonly message: string;
}

/** Looks at everything that is installed and says what does not work, and what was probably not meant. */
export function examine(
  statuses: readonly PluginStatus[],
  graph: ContractGraph,
  jsons: ReadonlyMap<string, PluginJson>,
): Finding[] {
  const emitted = new Set([...graph.nodes.values()].flatMap((node) => node.emits));
  return statuses.flatMap((status): Finding[] => {
    const finding = (level: Finding['level'], message: string): Finding => ({ level, plugin: status.id, message });
    const node = graph.nodes.get(status.id);
    const json = jsons.get(status.id);
    const all = new Set([...(json?.capabilities ?? []), ...(json?.optionalCapabilities ?? [])]);
    return [
      ...(status.state === 'degraded' ? [finding('error', `is degraded: ${status.reason ?? 'nobody knows why'}`)] : []),
      ...(status.state === 'disabled'
        ? [finding('note', `is switched off: ${status.reason ?? 'by an operator'}`)]
        : []),
      ...(node?.contributes ?? [])
        .filter(({ point }) => !graph.claims.points.has(point))
        .map(({ point, id }) => finding('warning', `contributes ${id} to ${point}, which nobody opens`)),
      ...(node?.consumes ?? [])
        .filter(
          (type) => !emitted.has(type) && !type.startsWith('core.') && type === newest(type, node?.consumes ?? []),
        )
        .map((type) => finding('warning', `listens to ${type}, which nobody emits`)),
      ...(node?.optional ?? [])
        .filter((id) => !graph.claims.services.has(id))
        .map((id) => finding('note', `would use ${id}, which no installed plugin provides`)),
      ...(all.has('net:fetch') && json?.hosts.length === 0
        ? [finding('warning', 'may use the network but names no hosts, so every request is refused')]
        : []),
      ...(all.has('net:fetch') && json && !json.declares.health
        ? [finding('note', 'talks to others but declares no health check')]
        : []),
    ];
  });
}

/** Older majors are accepted beside the newest one; that nobody emits them any more is no news. */
const newest = (type: string, all: readonly string[]): string => {
  const name = type.slice(0, type.lastIndexOf('@'));
  const majors = all.filter((one) => one.startsWith(`${name}@`)).map((one) => Number(one.slice(name.length + 1)));
  return `${name}@${Math.max(...majors)}`;
};
