import type { FastifyInstance } from 'fastify';
import { registerText } from './own-text';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>GraphiQL · Codex Orchestrator</title>
<style>
body { font: 14px system-ui, sans-serif; margin: 1em; display: grid; gap: .6em; grid-template-columns: 1fr 1fr; }
header, footer { grid-column: 1 / -1; display: flex; gap: .6em; align-items: center; }
textarea, pre { font: 13px ui-monospace, monospace; box-sizing: border-box; width: 100%; margin: 0; padding: .6em; }
textarea, pre { border: 1px solid #bbb; }
#query { height: 55vh; } #variables { height: 12vh; } #answer { height: 69vh; overflow: auto; }
</style>
</head>
<body>
<header>
<label>API key or bearer token <input id="credential" type="password" size="40" autocomplete="off"></label>
<button id="run">Run (Ctrl+Enter)</button><button id="schema">Schema</button>
</header>
<div>
<textarea id="query" aria-label="Query" spellcheck="false"></textarea>
<textarea id="variables" aria-label="Variables, JSON" placeholder="variables, JSON" spellcheck="false"></textarea>
</div>
<pre id="answer" aria-label="Answer"></pre>
<footer>Queries go to POST /graphql, subscriptions over graphql-transport-ws. The credential stays in this page.</footer>
<script src="/graphql/console.js"></script>
</body>
</html>
`;

const SCRIPT = `const at = (id) => document.getElementById(id);
const FIRST = '{ workItems(first: 10) { edges { node { id title state project { name } } } } }';
const SCHEMA = '{ __schema { types { name kind description fields { name args { name } type { name ofType { name } } } } } }';
const given = new URLSearchParams(location.search);
at('query').value = given.get('query') ?? FIRST;
at('variables').value = given.get('variables') ?? '';
let socket;

function headers() {
  const credential = at('credential').value.trim();
  if (credential === '') return {};
  return credential.split('.').length === 3 ? { authorization: 'Bearer ' + credential } : { 'x-api-key': credential };
}

function show(value, more) {
  const text = JSON.stringify(value, null, 2);
  at('answer').textContent = more ? at('answer').textContent + text + '\\n' : text;
}

async function ask(query, variables) {
  const body = JSON.stringify({ query, variables });
  const answer = await fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json', ...headers() }, body });
  show(await answer.json());
}

function subscribe(query, variables) {
  at('answer').textContent = '';
  socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/graphql', 'graphql-transport-ws');
  socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init', payload: headers() }));
  socket.onclose = ({ code, reason }) => show({ closed: code, reason }, true);
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === 'connection_ack') socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query, variables } }));
    else if (type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
    else show(payload ?? { type }, true);
  };
}

async function run(query, variablesText) {
  if (socket) { socket.onclose = null; socket.close(); socket = undefined; }
  try {
    const variables = variablesText.trim() === '' ? undefined : JSON.parse(variablesText);
    await (/^\\s*subscription\\b/m.test(query) ? subscribe : ask)(query, variables);
  } catch (error) {
    show({ error: String(error) });
  }
}

const runQuery = () => run(at('query').value, at('variables').value);
at('run').onclick = runQuery;
at('schema').onclick = () => run(SCHEMA, '');
document.onkeydown = (event) => { if (event.ctrlKey && event.key === 'Enter') runQuery(); };
`;

/**
 * `GET /graphql`: a page to try GraphQL in, from this server alone. Anybody may have it, because a browser has no
 * credentials to show for a page; it can do nothing without those that are typed in.
 */
export function registerGraphqlConsole(server: FastifyInstance): void {
  registerText(server, '/graphql', 'text/html', PAGE);
  registerText(server, '/graphql/console.js', 'text/javascript', SCRIPT);
}
