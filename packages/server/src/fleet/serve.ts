import type { ServeGround, Served } from '../operations/plane.ts';
import { openFeed } from './feed.ts';
import { assertionKeys, gatewaySeen, registerGateway } from './gateways.ts';

export async function serve(all: ServeGround): Promise<Served<'gatewaySeen'>> {
  const ground = { ...all, store: all.store.lane('feed') };
  const deps = { ...ground, fleetKey: ground.vault.derive('gateways') };
  const feed = await openFeed(ground);
  return {
    operations: [],
    // oxfmt-ignore
    routes: [
      { method: 'GET', path: '/internal/v1/snapshot',                  access: 'node',   handle: feed.answer },
      { method: 'PUT', path: '/internal/v1/gateways/{gateway}',        access: 'node',   handle: registerGateway(deps) },
      { method: 'GET', path: '/.well-known/tulou/assertion-keys.json', access: 'public', handle: assertionKeys(deps) },
    ],
    offers: { gatewaySeen },
    stop: () => feed.close(),
  };
}
