import { parseContractId, withMajor, type ContractId } from '../contract-id.ts';
import type { EventType } from '../event.ts';
import { PodliftError } from '../errors.ts';

/** The ids under which an event is understood: its own and the older majors that it has upcasters for. */
export const acceptedIds = ({ id, upcast }: EventType): ContractId[] => [
  id,
  ...Object.keys(upcast).map((major) => withMajor(id, Number(major))),
];

/** Lifts a payload from the major under which it was emitted to the event's own. */
export function upcastPayload(event: EventType, payload: unknown, type: ContractId = event.id): unknown {
  const { major } = parseContractId(event.id);
  let lifted = payload;
  for (let from = parseContractId(type).major; from < major; from++) {
    const step = event.upcast[from];
    if (!step) throw PodliftError.invalidContract(event.id, `nobody knows how to read ${type}`);
    lifted = step(lifted);
  }
  return lifted;
}
