/** The part of a document that describes the API as a whole: its author, servers, tags and documentation. */
import { address, anyText, may, must, since31 } from './fields.ts';
import { quote } from './json.ts';
import { notBoth } from './rules.ts';
import { list, map, object, text, type ObjectShape, type Shape } from './shapes.ts';

const email = text((value) =>
  /^[^\s@]+@[^\s@]+$/.test(value) ? undefined : `must be an e-mail address, but is ${quote(value)}.`,
);

export const info: Shape = object(() => infoObject);
export const server: Shape = object(() => serverObject);
export const servers: Shape = list(server);
export const tags: Shape = list(object(() => tagObject));
export const documentation = may(object(() => documentationObject));

const infoObject: ObjectShape = {
  name: 'an Info Object',
  fields: {
    title: must(anyText, 'the name of the API'),
    version: must(anyText, 'the version of the API, such as "1.0.0"'),
    summary: since31(anyText),
    description: may(anyText),
    termsOfService: may(address),
    contact: may(
      object(() => ({
        name: 'a Contact Object',
        fields: { name: may(anyText), url: may(address), email: may(email) },
      })),
    ),
    license: may(object(() => licenseObject)),
  },
};

const licenseObject: ObjectShape = {
  name: 'a License Object',
  fields: {
    name: must(anyText, 'the name of the licence, such as "Apache-2.0"'),
    identifier: since31(anyText),
    url: may(address),
  },
  rule: (value, walk) => notBoth(value, walk, 'identifier', 'url'),
};

const serverObject: ObjectShape = {
  name: 'a Server Object',
  fields: {
    url: must(anyText, 'the address, such as "https://api.example.com/v1"'),
    description: may(anyText),
    variables: may(map(object(() => serverVariableObject))),
  },
};

const serverVariableObject: ObjectShape = {
  name: 'a Server Variable Object',
  fields: {
    enum: may(list(anyText, 1)),
    default: must(anyText, 'the value that is used where none is chosen'),
    description: may(anyText),
  },
};

const documentationObject: ObjectShape = {
  name: 'an External Documentation Object',
  fields: { url: must(address, 'the address of the documentation'), description: may(anyText) },
};

const tagObject: ObjectShape = {
  name: 'a Tag Object',
  fields: { name: must(anyText, 'the name of the tag'), description: may(anyText), externalDocs: documentation },
};
