/** The agreement between server, CLI, SDK and console. Pure: no I/O, no Node, no clock. */
export * from './causes.ts';
export * from './cookies.ts';
export * from './credentials.ts';
export * from './errors.ts';
export * from './host-name.ts';
export * from './ids.ts';
export type { KeyKind } from './kinds/key.ts';
export type { PlanLimit } from './kinds/plan.ts';
export type { RouteOperation } from './kinds/version.ts';
export * from './language.ts';
export * from './limits.ts';
export * from './nearest.ts';
export * from './operation.ts';
export * from './problem.ts';
export * from './shown-text.ts';
export * from './snapshot.ts';
export * from './usage.ts';
