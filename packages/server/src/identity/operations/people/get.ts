import { Problem } from '@tulou/contract';
import type { people } from '@tulou/contract/operations/people';
import { idPlace, pageOf, placeOf } from '../../../operations/cursor.ts';
import type { Handler } from '../../../operations/handler.ts';
import { readPeople, viewPerson } from './person.ts';
import { ofIssuer, platform } from '../../scopes.ts';

export const getPerson: Handler<typeof people.get> = (_principal, { params }, { store }) =>
  ofIssuer(store, platform, async (tx) => {
    const [row] = await readPeople(tx, tx.sql`id = ${params.person}`);
    if (row === undefined) throw new Problem('not_found');
    return viewPerson(row);
  });

export const listPeople: Handler<typeof people.list> = (_principal, { query }, { store }) =>
  ofIssuer(store, platform, async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const begin = query.search?.trim().toLowerCase() ?? '';
    const rows = await readPeople(
      tx,
      tx.sql`id > ${place} and starts_with(email, ${begin}) order by id limit ${query.limit + 1}`,
    );
    return pageOf(rows, query.limit, viewPerson, (row) => row.id);
  });
