import { parseArgs } from 'node:util';
import { type RunningSystem, startSystem, type SystemOptions } from './system/start-system';

const REPEATED_WITHIN_MS = 1500;

async function main(): Promise<void> {
  const ending = new AbortController();
  let system: RunningSystem | undefined;
  const stopAsked = new Promise<void>((resolve) => onEndSignals(ending, resolve, () => system?.killAll()));
  console.log('Codex Orchestrator is starting');
  const startedAt = performance.now();
  try {
    system = await startSystem({ ...readOptions(), signal: ending.signal });
  } catch (error) {
    if (ending.signal.aborted) return console.log('Stopped before it was ready.');
    throw error;
  }
  introduce(system, performance.now() - startedAt);
  await stopAsked;
  console.log('Stopping (again to kill)');
  await system.stop();
  console.log('Stopped.');
}

function readOptions(): SystemOptions {
  const { values } = parseArgs({
    options: { fresh: { type: 'boolean', default: false }, agents: { type: 'string', default: '1' } },
  });
  return {
    root: process.cwd(),
    fresh: values.fresh,
    agents: wholeNumber('--agents', values.agents, 100),
    port: wholeNumber('PORT', process.env['PORT'] || '8080', 65_535),
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) throw new Error(`${name} must be 0 to ${most}: ${text}`);
  return value;
}

/**
 * Ctrl-C in a terminal arrives several times at once: from the terminal, from npm and from the script that started
 * this. Only one that comes later means impatience. The end of the parent arrives as the end of its channel.
 */
function onEndSignals(ending: AbortController, onFirst: () => void, onSecond: () => void): void {
  let firstAt: number | undefined;
  const end = (): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      ending.abort();
      onFirst();
    } else if (performance.now() - firstAt > REPEATED_WITHIN_MS) onSecond();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  process.once('disconnect', end);
  process.channel?.unref();
}

function introduce(system: RunningSystem, tookMs: number): void {
  const { gatewayUrl } = system.contents();
  console.log(`
Ready after ${(tookMs / 1000).toFixed(1)} s

  API        ${gatewayUrl}/v1      docs ${gatewayUrl}/docs
  GraphQL    ${gatewayUrl}/graphql
  Keys, database and broker addresses: .local/system.json; logs: .local/logs/

Try
  KEY=$(node -p "require('./.local/system.json').apiKeys.admin")
  curl -s ${gatewayUrl}/v1/projects -H "X-API-Key: $KEY" -H 'content-type: application/json' -d '{"name":"My first project"}'

Ctrl-C stops everything; the data stays (npm start -- --fresh begins with none).
`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`\nIt could not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
