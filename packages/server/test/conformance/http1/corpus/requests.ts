/** The corpus of requests, category by category. */
import { chunkExtensions, chunkSizes, chunkTrailers } from './chunks.ts';
import { connectionField, cuts, expectations, oldVersion, pipelines, sizes } from './connections.ts';
import { folding, host, lineEnds, names, values } from './fields.ts';
import { bothLengths, contentLength, transferEncoding } from './framing.ts';
import type { RequestCategory } from './request-case.ts';
import { absoluteForm, methods, requestLine, targets, versions } from './start-lines.ts';

export const requestCorpus: readonly RequestCategory[] = [
  requestLine,
  methods,
  targets,
  absoluteForm,
  versions,
  lineEnds,
  folding,
  names,
  values,
  host,
  contentLength,
  transferEncoding,
  bothLengths,
  chunkSizes,
  chunkExtensions,
  chunkTrailers,
  pipelines,
  expectations,
  connectionField,
  oldVersion,
  cuts,
  sizes,
];
