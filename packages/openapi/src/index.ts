/** Reads OpenAPI documents: for control, the command line and the console. Pure: no I/O, no Node, no clock. */
export { findingsMax, type Report, type ReportItem, type Severity } from './findings.ts';
export type { OpenapiOperation } from './operations.ts';
export { readOpenapi, type OpenapiDocument, type OpenapiResult, type Unpublished } from './read.ts';
export { isCheap } from './source.ts';
