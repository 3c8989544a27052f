/** All operations of the control API, by noun. */
import { audit } from './audit.ts';
import { members } from './members.ts';
import { tenants } from './tenants.ts';
import { tokens } from './tokens.ts';
import { whoami } from './whoami.ts';

export const operations = {
  tenants,
  members,
  tokens,
  audit,
  whoami,
};
