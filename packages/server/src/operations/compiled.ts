/** A line of the table of operations, with what follows from the others. */
import type { Operation } from '@tulou/contract';
import { assert } from '../kernel/assert.ts';
import { isWrite, nounOf, type Bound } from './handler.ts';
import { inputSchemas, type InputSchemas } from './input.ts';

export interface Compiled {
  readonly bound: Bound;
  readonly operation: Operation;
  readonly schemas: InputSchemas;
  /** `<noun>.get`: how an object of this noun looks to a reader, for entity tags, audit images and `Location`. */
  readonly resource: Operation;
}

/** Compiles the whole table. A duplicate operation is a fault of the program. */
export function compileOperations(all: readonly Bound[]): readonly Compiled[] {
  const ids = all.map(({ operation }) => operation.id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  assert(twice === undefined, `${twice} is bound twice`);
  return all.map((bound) => compile(bound, all));
}

function compile(bound: Bound, all: readonly Bound[]): Compiled {
  const { operation } = bound;
  const resource = all.find((other) => other.operation.id === `${nounOf(operation)}.get`)?.operation;
  assert(operation.access !== 'public', `${operation.id}: an operation has a caller; what is public is a plain route`);
  assert(
    resource !== undefined || !isWrite(operation),
    `${operation.id} writes, so ${nounOf(operation)}.get must say how the object looks`,
  );
  return { bound, operation, resource: resource ?? operation, schemas: inputSchemas(operation) };
}
