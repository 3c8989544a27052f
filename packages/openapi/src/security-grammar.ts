/** Security schemes: what each type of them needs, and what belongs to another type. */
import { address, anyText, may, must } from './fields.ts';
import { complain, map, object, oneOf, step, type Field, type ObjectShape, type Shape } from './shapes.ts';

export const securitySchemeObject: Shape = object(() => schemeObject);

const flows: Readonly<Record<string, readonly string[]>> = {
  implicit: ['authorizationUrl'],
  password: ['tokenUrl'],
  clientCredentials: ['tokenUrl'],
  authorizationCode: ['authorizationUrl', 'tokenUrl'],
};

const flowsObject: ObjectShape = {
  name: 'an OAuth Flows Object',
  fields: Object.fromEntries(Object.entries(flows).map(([name, urls]) => [name, may(object(() => flowObject(urls)))])),
};

function flowObject(urls: readonly string[]): ObjectShape {
  const url = (name: string): Field =>
    urls.includes(name) ? must(address, 'this flow begins or ends there') : may(address);
  return {
    name: 'an OAuth Flow Object',
    fields: {
      authorizationUrl: url('authorizationUrl'),
      tokenUrl: url('tokenUrl'),
      refreshUrl: may(address),
      scopes: must(
        map(anyText),
        'an object with a line for each scope, `name: what it allows` (`{}` where there are none)',
      ),
    },
  };
}

/** The fields that each type of scheme needs, and why. */
const schemeNeeds: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  apiKey: {
    name: 'the name of the header, query parameter or cookie',
    in: 'where the key is sent: `header`, `query` or `cookie`',
  },
  http: { scheme: 'the name of the HTTP scheme, such as `bearer`' },
  oauth2: { flows: 'an object with the flows that are offered' },
  openIdConnect: { openIdConnectUrl: 'the address of the discovery document' },
  mutualTLS: {},
};

const schemeObject: ObjectShape = {
  name: 'a Security Scheme Object',
  fields: {
    type: must(
      (value, walk) =>
        oneOf(
          'apiKey',
          'http',
          'oauth2',
          'openIdConnect',
          ...(walk.version === '3.1' ? ['mutualTLS'] : []),
        )(value, walk),
      'the kind of scheme: `apiKey`, `http`, `oauth2` or `openIdConnect`',
    ),
    description: may(anyText),
    name: may(anyText),
    in: may(oneOf('query', 'header', 'cookie')),
    scheme: may(anyText),
    bearerFormat: may(anyText),
    flows: may(object(() => flowsObject)),
    openIdConnectUrl: may(address),
  },
  rule: (value, walk) => {
    const type = typeof value['type'] === 'string' ? value['type'] : '';
    for (const [field, why] of Object.entries(schemeNeeds[type] ?? {})) {
      if (!Object.hasOwn(value, field))
        complain(
          walk,
          `The security scheme \`${walk.path.at(-1)}\` of type \`${type}\` has no \`${field}\`: ${why}.`,
          'key',
        );
    }
    for (const [other, needs] of Object.entries(schemeNeeds)) {
      const foreign = Object.keys(needs).filter(
        (field) =>
          Object.hasOwn(value, field) &&
          Object.hasOwn(schemeNeeds, type) &&
          !Object.hasOwn(schemeNeeds[type] ?? {}, field),
      );
      for (const field of foreign) {
        step(walk, field, null, (_, at) =>
          complain(
            at,
            `\`${field}\` belongs to schemes of type \`${other}\`, but this one is of type \`${type}\`. Remove it, or change the type.`,
            'key',
          ),
        );
      }
    }
  },
};
