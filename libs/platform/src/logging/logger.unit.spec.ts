import { runInContext } from '../context/request-context';
import { createLogger, NestLogger } from './logger';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLogger('test', 'debug', { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('is one JSON object a line, with the correlation id of its request', () => {
    const context = { correlationId: 'c-1', traceparent: undefined, caller: null };
    const [line] = logged((logger) => runInContext(context, () => logger.info({ route: 'GET /x' }, 'hello')));
    expect(line).toMatchObject({ level: 'info', service: 'test', correlationId: 'c-1', route: 'GET /x', msg: 'hello' });
  });

  it('never shows a secret', () => {
    const lines = logged((logger) => {
      logger.info({
        password: 'hunter2',
        sasl: { password: 'hunter2' },
        request: { headers: { authorization: 'hunter2' } },
      });
      logger.info({ headers: { 'x-api-key': 'hunter2', 'x-internal-token': 'hunter2' }, leaseToken: 'hunter2' });
      logger.error({ err: new Error('postgres://user:hunter2@db is away', { cause: new Error('//u:hunter2@h') }) });
    });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(JSON.stringify(lines)).toContain('[redacted]');
  });

  it('keeps Nest’s start-up chatter at debug', () => {
    const [line] = logged((logger) => new NestLogger(logger).log('Mapped {/x, GET} route', 'RouterExplorer'));
    expect(line).toMatchObject({ level: 'debug', context: 'RouterExplorer' });
  });
});
