/** THE TABLE of the plane's operations. */
import { apis } from '@tulou/contract/operations/apis';
import { catalog } from '@tulou/contract/operations/catalog';
import { plans } from '@tulou/contract/operations/plans';
import { scopes } from '@tulou/contract/operations/scopes';
import { subscribers, subscriptions } from '@tulou/contract/operations/subscriptions';
import { versions } from '@tulou/contract/operations/versions';
import { on, type Binding } from '../operations/handler.ts';
import type { PublishingDeps } from './deps.ts';
import { createApi } from './apis/create.ts';
import { deleteApi } from './apis/delete.ts';
import { getApi } from './apis/get.ts';
import { listApis } from './apis/list.ts';
import { updateApi } from './apis/update.ts';
import { getCatalogEntry, getCatalogOpenapi } from './catalog/get.ts';
import { listCatalog } from './catalog/list.ts';
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
import { createVersion } from './versions/create.ts';
import { deleteVersion } from './versions/delete.ts';
import { getVersion, getVersionFindings, getVersionOpenapi } from './versions/get.ts';
import { listVersions } from './versions/list.ts';
import { updateVersion } from './versions/update.ts';

// oxfmt-ignore
export const bindings: readonly Binding<PublishingDeps>[] = [
  on(apis.create,          createApi),
  on(apis.list,            listApis),
  on(apis.get,             getApi),
  on(apis.update,          updateApi),
  on(apis.delete,          deleteApi),

  on(versions.create,      createVersion),
  on(versions.list,        listVersions),
  on(versions.get,         getVersion),
  on(versions.openapi,     getVersionOpenapi),
  on(versions.findings,     getVersionFindings),
  on(versions.update,      updateVersion),
  on(versions.delete,      deleteVersion),

  on(plans.create,         createPlan),
  on(plans.list,           listPlans),
  on(plans.get,            getPlan),
  on(plans.update,         updatePlan),
  on(plans.delete,         deletePlan),

  on(scopes.create,        createScope),
  on(scopes.list,          listScopes),
  on(scopes.get,           getScope),
  on(scopes.update,        updateScope),
  on(scopes.delete,        deleteScope),

  on(subscriptions.create, createSubscription),
  on(subscriptions.list,   listSubscriptions),
  on(subscriptions.get,    getSubscription),
  on(subscriptions.update, updateSubscription),
  on(subscriptions.delete, deleteSubscription),

  on(subscribers.list,     listSubscribers),
  on(subscribers.get,      getSubscriber),
  on(subscribers.approve,  approveSubscriber),
  on(subscribers.reject,   rejectSubscriber),
  on(subscribers.suspend,  suspendSubscriber),
  on(subscribers.resume,   resumeSubscriber),
  on(subscribers.delete,   deleteSubscriber),

  on(catalog.list,         listCatalog),
  on(catalog.get,          getCatalogEntry),
  on(catalog.openapi,      getCatalogOpenapi),
];
