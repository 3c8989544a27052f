import type { operatorTokens } from '@tulou/contract/operations/operator-tokens';
import { pageOf, placeOf } from '../../../operations/cursor.ts';
import type { Handler } from '../../../operations/handler.ts';
import { credentialIdOf, findOperatorToken, readOperatorTokens, shownId, viewOperatorToken } from './token.ts';
import { asPlatform } from '../../system-wide.ts';

const tokenPlace = /^[0-9A-Za-z]{11}$/;

export const getOperatorToken: Handler<typeof operatorTokens.get> = (_principal, { params }, { store }) =>
  asPlatform(store, 'operators', async (tx) => viewOperatorToken(await findOperatorToken(tx, params.token, tx.sql``)));

export const listOperatorTokens: Handler<typeof operatorTokens.list> = (_principal, { query }, { store }) =>
  asPlatform(store, 'operators', async (tx) => {
    const place = credentialIdOf(placeOf(query.cursor, tokenPlace) ?? '');
    const rows = await readOperatorTokens(tx, tx.sql`id > ${place} order by id limit ${query.limit + 1}`);
    return pageOf(rows, query.limit, viewOperatorToken, (row) => shownId(row.id));
  });
