/** Header fields that belong to one connection (RFC 9110 §7.6.1), and are not forwarded. */
const ofConnection = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/** The fields to forward: names and values in turn, as Node has them. */
export function forwarded(rawHeaders: readonly string[]): string[] {
  const named = new Set<string>();
  eachField(rawHeaders, (name, value) => {
    if (name.toLowerCase() === 'connection') for (const each of value.split(',')) named.add(each.trim().toLowerCase());
  });
  const kept: string[] = [];
  eachField(rawHeaders, (name, value) => {
    const lower = name.toLowerCase();
    if (!ofConnection.has(lower) && !named.has(lower)) kept.push(name, value);
  });
  return kept;
}

function eachField(raw: readonly string[], visit: (name: string, value: string) => void): void {
  for (let i = 0; i + 1 < raw.length; i += 2) visit(raw[i] ?? '', raw[i + 1] ?? '');
}
