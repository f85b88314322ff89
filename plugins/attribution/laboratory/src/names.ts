/** Invented names, so that a demo reads like a market and touches nobody's brand. */
export const SHOWS = [
  'The Long Commute',
  'Salt and Signal',
  'Kitchen Physics',
  'Two Rivers Crime',
  'Overtime Math',
  'The Quiet Founder',
  'Night Desk',
  'Small Engines',
  'Field Notes Daily',
  'Parallel Parenting',
  'Deep Shelf',
  'Ninety Second City',
] as const;

export const SPONSORS = [
  'Harbor & Pine',
  'Oatline',
  'Kelvin Kettles',
  'Fernweh Luggage',
  'Brightledger',
  'Moonrow Sleep',
  'Pedalwerk',
  'Juniper Meals',
] as const;

export const THEMES = ['launch', 'always on', 'spring offer', 'win back', 'refer a friend'] as const;

/** Entry `index` of `names`, numbered when the list has been gone through. */
export function nameAt(names: readonly string[], index: number): string {
  const round = Math.floor(index / names.length);
  const name = names[index % names.length] ?? '';
  return round === 0 ? name : `${name} ${round + 1}`;
}
