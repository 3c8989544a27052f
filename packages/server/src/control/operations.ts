/** THE TABLE of the control API: every operation of the contract and what answers it. */
import { audit } from '@tulou/contract/operations/audit';
import { members } from '@tulou/contract/operations/members';
import { tenants } from '@tulou/contract/operations/tenants';
import { tokens } from '@tulou/contract/operations/tokens';
import { whoami } from '@tulou/contract/operations/whoami';
import { apis } from '@tulou/contract/operations/apis';
import { approvals } from '@tulou/contract/operations/approvals';
import { apps } from '@tulou/contract/operations/apps';
import { catalog } from '@tulou/contract/operations/catalog';
import { clients } from '@tulou/contract/operations/clients';
import { events } from '@tulou/contract/operations/events';
import { connections } from '@tulou/contract/operations/connections';
import { installations, installedApps, inventory } from '@tulou/contract/operations/installations';
import { issuers } from '@tulou/contract/operations/issuers';
import { keys } from '@tulou/contract/operations/keys';
import { operators } from '@tulou/contract/operations/operators';
import { people } from '@tulou/contract/operations/people';
import { plans } from '@tulou/contract/operations/plans';
import { scopes } from '@tulou/contract/operations/scopes';
import { subscribers, subscriptions } from '@tulou/contract/operations/subscriptions';
import { usage } from '@tulou/contract/operations/usage';
import { users } from '@tulou/contract/operations/users';
import { versions } from '@tulou/contract/operations/versions';
import { on, type Binding } from './call/handler.ts';
import { getAuditEntry } from './audit/get.ts';
import { listAudit } from './audit/list.ts';
import { verifyAudit } from './audit/verify.ts';
import { createConnection } from './connections/create.ts';
import { deleteConnection } from './connections/delete.ts';
import { getConnection } from './connections/get.ts';
import { listConnections } from './connections/list.ts';
import { updateConnection } from './connections/update.ts';
import { createOperator } from './operators/create.ts';
import { deleteOperator } from './operators/delete.ts';
import { getOperator, listOperators } from './operators/get.ts';
import { disablePerson, enablePerson, recoverPerson } from './people/change.ts';
import { getPerson, listPeople } from './people/get.ts';
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
import { createApi } from './apis/create.ts';
import { deleteApi } from './apis/delete.ts';
import { getApi } from './apis/get.ts';
import { listApis } from './apis/list.ts';
import { updateApi } from './apis/update.ts';
import { createApproval } from './approvals/create.ts';
import { approveApproval, deleteApproval, rejectApproval } from './approvals/decide.ts';
import { getApproval, listApprovals } from './approvals/get.ts';
import { blockApp, unblockApp } from './apps/block.ts';
import { createApp } from './apps/create.ts';
import { deleteApp } from './apps/delete.ts';
import { getApp } from './apps/get.ts';
import { listApps } from './apps/list.ts';
import { updateApp } from './apps/update.ts';
import { getCatalogEntry, getCatalogOpenapi } from './catalog/get.ts';
import { listCatalog } from './catalog/list.ts';
import { createClient } from './clients/create.ts';
import { deleteClient } from './clients/delete.ts';
import { getClient } from './clients/get.ts';
import { listClients } from './clients/list.ts';
import { rotateClient } from './clients/rotate.ts';
import { updateClient } from './clients/update.ts';
import { getEvent, listEvents } from './events/get.ts';
import {
  deleteInstallation,
  pauseInstallation,
  resumeInstallation,
  updateInstallation,
} from './installations/change.ts';
import { createInstallation, tryInstallation } from './installations/create.ts';
import { getInstallation, listInstallations } from './installations/get.ts';
import { getInstalled, listInstalled } from './installations/installed.ts';
import { listInventory } from './inventory/list.ts';
import { deleteIssuer } from './issuers/delete.ts';
import { getIssuer } from './issuers/get.ts';
import { revokeIssuerKey, rotateIssuer } from './issuers/keys.ts';
import { putIssuer } from './issuers/put.ts';
import { createKey } from './keys/create.ts';
import { deleteKey } from './keys/delete.ts';
import { getKey } from './keys/get.ts';
import { listKeys } from './keys/list.ts';
import { rotateKey } from './keys/rotate.ts';
import { updateKey } from './keys/update.ts';
import { createPlan } from './plans/create.ts';
import { deletePlan } from './plans/delete.ts';
import { getPlan } from './plans/get.ts';
import { listPlans } from './plans/list.ts';
import { updatePlan } from './plans/update.ts';
import { createScope } from './scopes/create.ts';
import { deleteScope } from './scopes/delete.ts';
import { getScope } from './scopes/get.ts';
import { listScopes } from './scopes/list.ts';
import { updateScope } from './scopes/update.ts';
import { createSubscription } from './subscriptions/create.ts';
import {
  approveSubscriber,
  deleteSubscriber,
  rejectSubscriber,
  resumeSubscriber,
  suspendSubscriber,
} from './subscriptions/decide.ts';
import { deleteSubscription } from './subscriptions/delete.ts';
import { getSubscriber, getSubscription } from './subscriptions/get.ts';
import { listSubscribers, listSubscriptions } from './subscriptions/list.ts';
import { updateSubscription } from './subscriptions/update.ts';
import { getUsage } from './usage/get.ts';
import { deleteUser, disableUser, enableUser, recoverUser } from './users/change.ts';
import { createUser } from './users/create.ts';
import { getUser, listUsers } from './users/get.ts';
import { createVersion } from './versions/create.ts';
import { deleteVersion } from './versions/delete.ts';
import { getVersion, getVersionFindings, getVersionOpenapi } from './versions/get.ts';
import { listVersions } from './versions/list.ts';
import { updateVersion } from './versions/update.ts';

// oxfmt-ignore
export const bindings: readonly Binding[] = [
  on(whoami.get,             getWhoami),

  on(tenants.create,         createTenant),
  on(tenants.list,           listTenants),
  on(tenants.get,            getTenant),
  on(tenants.update,         updateTenant),
  on(tenants.delete,         deleteTenant),
  on(tenants.restore,        restoreTenant),
  on(tenants.suspend,        suspendTenant),
  on(tenants.resume,         resumeTenant),
  on(tenants.export,         exportTenant),

  on(members.create,         createMember),
  on(members.invite,         inviteMember),
  on(members.list,           listMembers),
  on(members.get,            getMember),
  on(members.update,         updateMember),
  on(members.delete,         deleteMember),
  on(connections.create,     createConnection),
  on(connections.list,       listConnections),
  on(connections.get,        getConnection),
  on(connections.update,     updateConnection),
  on(connections.delete,     deleteConnection),

  on(tokens.create,          createToken),
  on(tokens.list,            listTokens),
  on(tokens.get,             getToken),
  on(tokens.revoke,          revokeToken),

  on(issuers.get,            getIssuer),
  on(issuers.put,            putIssuer),
  on(issuers.rotate,         rotateIssuer),
  on(issuers.revoke,         revokeIssuerKey),
  on(issuers.delete,         deleteIssuer),

  on(users.create,           createUser),
  on(users.list,             listUsers),
  on(users.get,              getUser),
  on(users.disable,          disableUser),
  on(users.enable,           enableUser),
  on(users.recover,          recoverUser),
  on(users.delete,           deleteUser),

  on(audit.list,             listAudit),
  on(audit.verify,           verifyAudit),
  on(audit.get,              getAuditEntry),

  on(apis.create,            createApi),
  on(apis.list,              listApis),
  on(apis.get,               getApi),
  on(apis.update,            updateApi),
  on(apis.delete,            deleteApi),

  on(versions.create,        createVersion),
  on(versions.list,          listVersions),
  on(versions.get,           getVersion),
  on(versions.openapi,       getVersionOpenapi),
  on(versions.findings,      getVersionFindings),
  on(versions.update,        updateVersion),
  on(versions.delete,        deleteVersion),

  on(plans.create,           createPlan),
  on(plans.list,             listPlans),
  on(plans.get,              getPlan),
  on(plans.update,           updatePlan),
  on(plans.delete,           deletePlan),

  on(scopes.create,          createScope),
  on(scopes.list,            listScopes),
  on(scopes.get,             getScope),
  on(scopes.update,          updateScope),
  on(scopes.delete,          deleteScope),

  on(apps.create,            createApp),
  on(apps.list,              listApps),
  on(apps.get,               getApp),
  on(apps.update,            updateApp),
  on(apps.block,             blockApp),
  on(apps.unblock,           unblockApp),
  on(apps.delete,            deleteApp),

  on(keys.create,            createKey),
  on(keys.list,              listKeys),
  on(keys.get,               getKey),
  on(keys.update,            updateKey),
  on(keys.rotate,            rotateKey),
  on(keys.delete,            deleteKey),

  on(clients.create,         createClient),
  on(clients.list,           listClients),
  on(clients.get,            getClient),
  on(clients.update,         updateClient),
  on(clients.rotate,         rotateClient),
  on(clients.delete,         deleteClient),

  on(subscriptions.create,   createSubscription),
  on(subscriptions.list,     listSubscriptions),
  on(subscriptions.get,      getSubscription),
  on(subscriptions.update,   updateSubscription),
  on(subscriptions.delete,   deleteSubscription),

  on(subscribers.list,       listSubscribers),
  on(subscribers.get,        getSubscriber),
  on(subscribers.approve,    approveSubscriber),
  on(subscribers.reject,     rejectSubscriber),
  on(subscribers.suspend,    suspendSubscriber),
  on(subscribers.resume,     resumeSubscriber),
  on(subscribers.delete,     deleteSubscriber),

  on(installations.create,   createInstallation),
  on(installations.try,      tryInstallation),
  on(installations.list,     listInstallations),
  on(installations.get,      getInstallation),
  on(installations.update,   updateInstallation),
  on(installations.pause,    pauseInstallation),
  on(installations.resume,   resumeInstallation),
  on(installations.delete,   deleteInstallation),

  on(installedApps.list,     listInstalled),
  on(installedApps.get,      getInstalled),

  on(inventory.list,         listInventory),

  on(approvals.create,       createApproval),
  on(approvals.list,         listApprovals),
  on(approvals.get,          getApproval),
  on(approvals.approve,      approveApproval),
  on(approvals.reject,       rejectApproval),
  on(approvals.delete,       deleteApproval),

  on(events.list,            listEvents),
  on(events.get,             getEvent),

  on(catalog.list,           listCatalog),
  on(catalog.get,            getCatalogEntry),
  on(catalog.openapi,        getCatalogOpenapi),

  on(usage.get,              getUsage),
  on(people.list,            listPeople),
  on(people.get,             getPerson),
  on(people.disable,         disablePerson),
  on(people.enable,          enablePerson),
  on(people.recover,         recoverPerson),
  on(operators.create,       createOperator),
  on(operators.list,         listOperators),
  on(operators.get,          getOperator),
  on(operators.delete,       deleteOperator),
];
