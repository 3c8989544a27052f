import type { OpenapiReader } from './openapi/reader.ts';
import type { Deps } from '../operations/handler.ts';

export interface PublishingDeps extends Deps {
  readonly openapi: OpenapiReader;
}
