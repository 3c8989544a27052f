import { describeDriver } from './driver-conformance.ts';
import { openSandbox } from '../src/sandbox/sandbox.ts';
import { clock } from './machine.ts';

describeDriver('sandbox', (dir) => openSandbox({ dir }, clock));
// As on machines that do not delegate control groups.
describeDriver('sandbox without control groups', (dir) => openSandbox({ dir, withoutGroups: true }, clock));
