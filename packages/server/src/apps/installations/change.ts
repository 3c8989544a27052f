/** The decisions of a tenant about an app that it has installed, one line each. */
import type { installations } from '@tulou/contract/operations/installations';
import type { TenantTx } from '../../store/store.ts';
import type { Handler, TenantCall, Written } from '../../operations/handler.ts';
import type { EmitDeps } from '../../operations/emit.ts';
import { declaredBy, lockPair, writeScopes, writeState, type Pair } from './crossing.ts';
import { findInstallation, viewInstallation, type InstallationRow } from './installation.ts';
import { granted, holdOpen, stateAfter, type MoveName } from './state.ts';

type View = ReturnType<typeof viewInstallation>;

export const pauseInstallation: Handler<typeof installations.pause> = (_scope, { params }, deps, call) =>
  call.commit((tx) => move(tx, params.installation, 'pause', deps));
export const resumeInstallation: Handler<typeof installations.resume> = (_scope, { params }, deps, call) =>
  call.commit((tx) => move(tx, params.installation, 'resume', deps));
export const deleteInstallation: Handler<typeof installations.delete> = (_scope, { params }, deps, call) =>
  call.commit(async (tx) => ({
    ...(await move(tx, params.installation, 'revoke', deps, call)),
    output: undefined,
  }));

export const updateInstallation: Handler<typeof installations.update> = (_scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const found = await findInstallation(tx, params.installation);
    const declared = found.state === 'revoked' ? undefined : await declaredBy(tx, found.developer, found.app_id);
    return change(tx, found, call, async (pair, before) => {
      holdOpen(before.state);
      if (body.scopes === undefined || declared === undefined) return;
      await writeScopes(tx, pair, granted(declared, body.scopes), deps);
    });
  });

async function move(
  tx: TenantTx,
  id: string,
  name: MoveName,
  deps: EmitDeps,
  call?: TenantCall,
): Promise<Written<View>> {
  return change(tx, await findInstallation(tx, id), call, async (pair, before) => {
    const state = stateAfter(name, before.state);
    // An installation that was revoked before sends no second event.
    if (state !== before.state) await writeState(tx, pair, name, state, deps);
  });
}

async function change(
  tx: TenantTx,
  { id, developer }: InstallationRow,
  call: TenantCall | undefined,
  write: (pair: Pair, before: InstallationRow) => Promise<void>,
): Promise<Written<View>> {
  const pair = { id, installer: tx.tenantUuid, developer };
  await lockPair(tx, pair);
  const before = await findInstallation(tx, id);
  call?.expect(viewInstallation(before));
  await write(pair, before);
  const after = viewInstallation(await findInstallation(tx, id));
  return { output: after, target: id, before: viewInstallation(before), after };
}
