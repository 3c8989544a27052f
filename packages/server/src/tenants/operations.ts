/** THE TABLE of the plane's operations. */
import { audit } from '@tulou/contract/operations/audit';
import { members } from '@tulou/contract/operations/members';
import { tenants } from '@tulou/contract/operations/tenants';
import { tokens } from '@tulou/contract/operations/tokens';
import { whoami } from '@tulou/contract/operations/whoami';
import { on, type Binding } from '../operations/handler.ts';
import type { TenantsDeps } from './deps.ts';
import { getAuditEntry } from './audit/get.ts';
import { listAudit } from './audit/list.ts';
import { verifyAudit } from './audit/verify.ts';
import { createMember } from './members/create.ts';
import { deleteMember } from './members/delete.ts';
import { getMember } from './members/get.ts';
import { inviteMember } from './members/invite.ts';
import { listMembers } from './members/list.ts';
import { updateMember } from './members/update.ts';
import { createTenant } from './tenants/create.ts';
import { deleteTenant } from './tenants/delete.ts';
import { exportTenant } from './tenants/export.ts';
import { getTenant } from './tenants/get.ts';
import { listTenants } from './tenants/list.ts';
import { restoreTenant } from './tenants/restore.ts';
import { resumeTenant } from './tenants/resume.ts';
import { suspendTenant } from './tenants/suspend.ts';
import { updateTenant } from './tenants/update.ts';
import { createToken } from './tokens/create.ts';
import { getToken } from './tokens/get.ts';
import { listTokens } from './tokens/list.ts';
import { revokeToken } from './tokens/revoke.ts';
import { getWhoami } from './whoami/get.ts';

// oxfmt-ignore
export const bindings: readonly Binding<TenantsDeps>[] = [
  on(whoami.get,      getWhoami),

  on(tenants.create,  createTenant),
  on(tenants.list,    listTenants),
  on(tenants.get,     getTenant),
  on(tenants.update,  updateTenant),
  on(tenants.delete,  deleteTenant),
  on(tenants.restore, restoreTenant),
  on(tenants.suspend, suspendTenant),
  on(tenants.resume,  resumeTenant),
  on(tenants.export,  exportTenant),

  on(members.create,  createMember),
  on(members.invite,  inviteMember),
  on(members.list,    listMembers),
  on(members.get,     getMember),
  on(members.update,  updateMember),
  on(members.delete,  deleteMember),

  on(tokens.create,   createToken),
  on(tokens.list,     listTokens),
  on(tokens.get,      getToken),
  on(tokens.revoke,   revokeToken),

  on(audit.list,      listAudit),
  on(audit.verify,    verifyAudit),
  on(audit.get,       getAuditEntry),
];
