/** All operations of the control API, by noun. */
import { apis } from './apis.ts';
import { approvals } from './approvals.ts';
import { apps } from './apps.ts';
import { artifacts } from './artifacts.ts';
import { audit } from './audit.ts';
import { calls } from './calls.ts';
import { catalog } from './catalog.ts';
import { clients } from './clients.ts';
import { connections } from './connections.ts';
import { domains } from './domains.ts';
import { events } from './events.ts';
import { installations, installedApps, inventory } from './installations.ts';
import { instances } from './instances.ts';
import { issuers } from './issuers.ts';
import { keys } from './keys.ts';
import { logs } from './logs.ts';
import { members } from './members.ts';
import { operatorTokens } from './operator-tokens.ts';
import { operators } from './operators.ts';
import { people } from './people.ts';
import { plans } from './plans.ts';
import { releases } from './releases.ts';
import { revisions } from './revisions.ts';
import { scopes } from './scopes.ts';
import { services } from './services.ts';
import { subscribers, subscriptions } from './subscriptions.ts';
import { tenants } from './tenants.ts';
import { tokens } from './tokens.ts';
import { usage } from './usage.ts';
import { users } from './users.ts';
import { versions } from './versions.ts';
import { whoami } from './whoami.ts';

export const operations = {
  tenants,
  members,
  domains,
  connections,
  tokens,
  issuers,
  users,
  audit,
  whoami,
  apis,
  versions,
  plans,
  scopes,
  artifacts,
  services,
  revisions,
  releases,
  instances,
  logs,
  apps,
  keys,
  clients,
  subscriptions,
  subscribers,
  installations,
  installed: installedApps,
  inventory,
  approvals,
  events,
  catalog,
  usage,
  calls,
  people,
  operators,
  'operator-tokens': operatorTokens,
};
