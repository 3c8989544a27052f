import type { artifacts } from '@tulou/contract/operations/artifacts';
import type { Handler } from '../../operations/handler.ts';
import { findArtifact, viewArtifact } from './artifact.ts';

export const getArtifact: Handler<typeof artifacts.get> = async (scope, { params }, { store }) =>
  viewArtifact(await store.tenant(scope, (tx) => findArtifact(tx, params.artifact)));
