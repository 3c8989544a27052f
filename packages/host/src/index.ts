/** Hosting of services: what the role host runs. */
export { openHost, type HostLog, type HostOptions, type HostParts, type RunningHost } from './host.ts';
export { HostError } from './host-error.ts';
export { openSandbox } from './sandbox/sandbox.ts';
