/** THE TABLE of the plane's operations. */
import { connections } from '@tulou/contract/operations/connections';
import { domains } from '@tulou/contract/operations/domains';
import { issuers } from '@tulou/contract/operations/issuers';
import { operatorTokens } from '@tulou/contract/operations/operator-tokens';
import { operators } from '@tulou/contract/operations/operators';
import { people } from '@tulou/contract/operations/people';
import { users } from '@tulou/contract/operations/users';
import { on, type Binding } from '../../operations/handler.ts';
import type { IdentityDeps } from '../deps.ts';
import { createConnection } from './connections/create.ts';
import { deleteConnection } from './connections/delete.ts';
import { getConnection } from './connections/get.ts';
import { listConnections } from './connections/list.ts';
import { updateConnection } from './connections/update.ts';
import { createDomain } from './domains/create.ts';
import { deleteDomain } from './domains/delete.ts';
import { getDomain, listDomains } from './domains/get.ts';
import { verifyDomain } from './domains/verify.ts';
import { deleteIssuer } from './issuers/delete.ts';
import { getIssuer } from './issuers/get.ts';
import { revokeIssuerKey, rotateIssuer } from './issuers/keys.ts';
import { putIssuer } from './issuers/put.ts';
import { createOperatorToken } from './operators/create-token.ts';
import { getOperatorToken, listOperatorTokens } from './operators/list-tokens.ts';
import { revokeOperatorToken } from './operators/revoke-token.ts';
import { createOperator } from './operators/create.ts';
import { deleteOperator } from './operators/delete.ts';
import { getOperator, listOperators } from './operators/get.ts';
import { disablePerson, enablePerson, recoverPerson } from './people/change.ts';
import { getPerson, listPeople } from './people/get.ts';
import { deleteUser, disableUser, enableUser, recoverUser } from './users/change.ts';
import { createUser } from './users/create.ts';
import { getUser, listUsers } from './users/get.ts';

// oxfmt-ignore
export const bindings: readonly Binding<IdentityDeps>[] = [
  on(domains.create,     createDomain),
  on(domains.list,       listDomains),
  on(domains.get,        getDomain),
  on(domains.verify,     verifyDomain),
  on(domains.delete,     deleteDomain),

  on(connections.create, createConnection),
  on(connections.list,   listConnections),
  on(connections.get,    getConnection),
  on(connections.update, updateConnection),
  on(connections.delete, deleteConnection),

  on(issuers.get,        getIssuer),
  on(issuers.put,        putIssuer),
  on(issuers.rotate,     rotateIssuer),
  on(issuers.revoke,     revokeIssuerKey),
  on(issuers.delete,     deleteIssuer),

  on(users.create,       createUser),
  on(users.list,         listUsers),
  on(users.get,          getUser),
  on(users.disable,      disableUser),
  on(users.enable,       enableUser),
  on(users.recover,      recoverUser),
  on(users.delete,       deleteUser),

  on(people.list,        listPeople),
  on(people.get,         getPerson),
  on(people.disable,     disablePerson),
  on(people.enable,      enablePerson),
  on(people.recover,     recoverPerson),

  on(operators.create,   createOperator),
  on(operators.list,     listOperators),
  on(operators.get,      getOperator),
  on(operators.delete,   deleteOperator),

  on(operatorTokens.create, createOperatorToken),
  on(operatorTokens.list,   listOperatorTokens),
  on(operatorTokens.get,    getOperatorToken),
  on(operatorTokens.revoke, revokeOperatorToken),
];
