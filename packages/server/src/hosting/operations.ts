/** THE TABLE of the plane's operations. */
import { artifacts } from '@tulou/contract/operations/artifacts';
import { instances } from '@tulou/contract/operations/instances';
import { logs } from '@tulou/contract/operations/logs';
import { releases } from '@tulou/contract/operations/releases';
import { revisions } from '@tulou/contract/operations/revisions';
import { services } from '@tulou/contract/operations/services';
import { on, type Binding } from '../operations/handler.ts';
import { createArtifact } from './artifacts/create.ts';
import { deleteArtifact } from './artifacts/delete.ts';
import { getArtifact } from './artifacts/get.ts';
import { listArtifacts } from './artifacts/list.ts';
import { updateArtifact } from './artifacts/update.ts';
import type { HostingDeps } from './deps.ts';
import { listInstances } from './instances/list.ts';
import { listLogs } from './logs/list.ts';
import { createRelease } from './releases/create.ts';
import { deleteRelease } from './releases/delete.ts';
import { getRelease } from './releases/get.ts';
import { listReleases } from './releases/list.ts';
import { createRevision } from './revisions/create.ts';
import { deleteRevision } from './revisions/delete.ts';
import { getRevision } from './revisions/get.ts';
import { listRevisions } from './revisions/list.ts';
import { createService } from './workloads/create.ts';
import { deleteService } from './workloads/delete.ts';
import { getService } from './workloads/get.ts';
import { listServices } from './workloads/list.ts';
import { updateService } from './workloads/update.ts';
import { getServiceUsage } from './workloads/usage.ts';

// oxfmt-ignore
export const bindings: readonly Binding<HostingDeps>[] = [
  on(artifacts.create, createArtifact),
  on(artifacts.list,   listArtifacts),
  on(artifacts.get,    getArtifact),
  on(artifacts.update, updateArtifact),
  on(artifacts.delete, deleteArtifact),

  on(services.create,  createService),
  on(services.list,    listServices),
  on(services.get,     getService),
  on(services.update,  updateService),
  on(services.delete,  deleteService),
  on(services.usage,   getServiceUsage),

  on(revisions.create, createRevision),
  on(revisions.list,   listRevisions),
  on(revisions.get,    getRevision),
  on(revisions.delete, deleteRevision),

  on(releases.create,  createRelease),
  on(releases.list,    listReleases),
  on(releases.get,     getRelease),
  on(releases.delete,  deleteRelease),

  on(instances.list,   listInstances),

  on(logs.list,        listLogs),
];
