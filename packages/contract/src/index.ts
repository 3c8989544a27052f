/** What the server, the CLI, the SDK and the console agree on. Pure: no I/O, no Node, no clock. */
export * from './causes.ts';
export * from './cookies.ts';
export * from './credentials.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './limits.ts';
export * from './operation.ts';
export * from './snapshot.ts';
export * from './usage.ts';
