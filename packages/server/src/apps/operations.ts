/** THE TABLE of the plane's operations. */
import { approvals } from '@tulou/contract/operations/approvals';
import { apps } from '@tulou/contract/operations/apps';
import { clients } from '@tulou/contract/operations/clients';
import { installations, installedApps, inventory } from '@tulou/contract/operations/installations';
import { keys } from '@tulou/contract/operations/keys';
import { on, type Binding } from '../operations/handler.ts';
import type { AppsDeps } from './deps.ts';
import { createApproval } from './approvals/create.ts';
import { approveApproval, deleteApproval, rejectApproval } from './approvals/decide.ts';
import { getApproval, listApprovals } from './approvals/get.ts';
import { blockApp, unblockApp } from './apps/block.ts';
import { createApp } from './apps/create.ts';
import { deleteApp } from './apps/delete.ts';
import { getApp } from './apps/get.ts';
import { listApps } from './apps/list.ts';
import { updateApp } from './apps/update.ts';
import { createClient } from './clients/create.ts';
import { deleteClient } from './clients/delete.ts';
import { getClient } from './clients/get.ts';
import { listClients } from './clients/list.ts';
import { rotateClient } from './clients/rotate.ts';
import { updateClient } from './clients/update.ts';
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
import { createKey } from './keys/create.ts';
import { deleteKey } from './keys/delete.ts';
import { getKey } from './keys/get.ts';
import { listKeys } from './keys/list.ts';
import { rotateKey } from './keys/rotate.ts';
import { updateKey } from './keys/update.ts';

// oxfmt-ignore
export const bindings: readonly Binding<AppsDeps>[] = [
  on(apps.create,          createApp),
  on(apps.list,            listApps),
  on(apps.get,             getApp),
  on(apps.update,          updateApp),
  on(apps.block,           blockApp),
  on(apps.unblock,         unblockApp),
  on(apps.delete,          deleteApp),

  on(keys.create,          createKey),
  on(keys.list,            listKeys),
  on(keys.get,             getKey),
  on(keys.update,          updateKey),
  on(keys.rotate,          rotateKey),
  on(keys.delete,          deleteKey),

  on(clients.create,       createClient),
  on(clients.list,         listClients),
  on(clients.get,          getClient),
  on(clients.update,       updateClient),
  on(clients.rotate,       rotateClient),
  on(clients.delete,       deleteClient),

  on(installations.create, createInstallation),
  on(installations.try,    tryInstallation),
  on(installations.list,   listInstallations),
  on(installations.get,    getInstallation),
  on(installations.update, updateInstallation),
  on(installations.pause,  pauseInstallation),
  on(installations.resume, resumeInstallation),
  on(installations.delete, deleteInstallation),

  on(installedApps.list,   listInstalled),
  on(installedApps.get,    getInstalled),

  on(inventory.list,       listInventory),

  on(approvals.create,     createApproval),
  on(approvals.list,       listApprovals),
  on(approvals.get,        getApproval),
  on(approvals.approve,    approveApproval),
  on(approvals.reject,     rejectApproval),
  on(approvals.delete,     deleteApproval),
];
