/** `acr`: with one factor; with two, or with one that is two by itself (a passkey that has verified its user). */
export const acr = { one: 'urn:tulou:acr:1', two: 'urn:tulou:acr:2' } as const;
