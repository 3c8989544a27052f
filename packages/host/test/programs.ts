/** Programs that tests deploy. */
import type { Files } from './machine.ts';

/** Answers with what `express` is of the request `q`, in Node. */
export const nodeAnswering = (expression: string): Files => ({
  'server.js': `
const http = require('node:http');
http.createServer(async (q, s) => {
  try { s.end(String(await (${expression}))); } catch (error) { s.statusCode = 500; s.end(String(error.stack)); }
}).listen(process.env.PORT, () => console.log('listening'));
`,
});

/** The same in a Worker: `q` is the Request, `env` its variables. */
export const workerAnswering = (expression: string): Files => ({
  'worker.js': `export default { async fetch(q, env) { return new Response(String(await (${expression}))); } };\n`,
});

/** Runs what the request body says, and answers with its value as JSON. An attacker's own service. */
export const nodeEvaluating: Files = {
  'server.js': `
const http = require('node:http');
http.createServer(async (q, s) => {
  let code = '';
  for await (const part of q) code += part;
  try {
    const value = await new (Object.getPrototypeOf(async () => {}).constructor)('require', code)(require);
    s.end(JSON.stringify({ value }));
  } catch (error) { s.end(JSON.stringify({ error: error.code ?? String(error) })); }
}).listen(Number(process.env.PORT));
`,
};
