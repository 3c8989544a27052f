import type { OpenapiReader } from './openapi/reader.ts';
import type { Probe } from './upstreams/probe.ts';
import type { Offers } from '../operations/offers.ts';
import type { Deps } from '../operations/handler.ts';

export interface PublishingDeps extends Deps, Pick<Offers, 'mailMembers'> {
  readonly openapi: OpenapiReader;
  readonly probe: Probe;
}
