import type { apps } from '@tulou/contract/operations/apps';
import type { Handler } from '../../operations/handler.ts';
import { findApp, viewApp } from '../app.ts';

export const getApp: Handler<typeof apps.get> = async (scope, { params }, { store }) =>
  viewApp(await store.tenant(scope, (tx) => findApp(tx, params.app)));
