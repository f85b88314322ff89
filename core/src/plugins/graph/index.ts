/** @module Who needs whom among plugins, from plugin.json alone. */
export { computeGraph, type ContractGraph, type GraphOptions } from './graph.ts';
export { findMisfit } from './fit.ts';
export { computeLoss, dependantsOf, type Loss } from './loss.ts';
export type { GraphNode, Refusal, RefusalCode } from './node.ts';
export { pathsOverlap } from './claims.ts';
