/** Users of the host that instances run as: one each, so that no limit of a user is shared and no file is common. */
import { HostError } from '../host-error.ts';

export class Users {
  readonly #free: number[];

  constructor(first: number, count: number) {
    this.#free = Array.from({ length: count }, (_, i) => first + count - 1 - i);
  }

  take(): number {
    const user = this.#free.pop();
    if (user === undefined) throw new HostError('All users for instances are in use.', 'Add another host.');
    return user;
  }

  /** The one that waited longest is taken last: files of its last instance are certainly deleted by then. */
  give(user: number): void {
    this.#free.unshift(user);
  }
}
