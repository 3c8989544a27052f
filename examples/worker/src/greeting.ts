/** Words in the language that the caller accepts. */
const words: Readonly<Record<string, string>> = { en: 'Hello', zh: '你好', de: 'Hallo' };

export function greeting(acceptLanguage: string | null, name: string): string {
  const language = acceptLanguage?.slice(0, 2).toLowerCase() ?? 'en';
  return `${words[language] ?? words['en']}, ${name}!`;
}
