import { trace } from '@opentelemetry/api';
import type { LoggerService } from '@nestjs/common';
import { pino, type Logger, type LevelWithSilent } from 'pino';
import { currentContext } from '../context/request-context';

export type { Logger } from 'pino';

/** Paths that are cut out of every log line, at the root and one level down. */
const secretFields = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'apiKey',
  'privateKey',
  'leaseToken',
  '["x-api-key"]',
  '["x-internal-token"]',
];

const redact = {
  paths: secretFields.flatMap((field) =>
    field.startsWith('[') ? [field, `*${field}`, `*.headers${field}`] : [field, `*.${field}`, `*.headers.${field}`],
  ),
  censor: '[redacted]',
};

/** A URL with credentials: what drivers like to put into their error messages. */
const CREDENTIALS_IN_URL = /\/\/[^/\s:@]*:[^/\s@]*@/g;

/** JSON lines on stdout, each with the correlation id and trace id of the request it belongs to. */
export function createLogger(
  service: string,
  level: LevelWithSilent = 'info',
  destination?: pino.DestinationStream,
): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: serializeError },
    redact,
    mixin: correlation,
    hooks: { logMethod: logScrubbed },
  };
  return destination ? pino(options, destination) : pino(options, pino.destination({ dest: 1, sync: true }));
}

/** Speaks pino to Nest. Nest's own start-up chatter goes to debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: rest.at(-1) }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    const fields = message instanceof Error ? { err: message } : { stack: rest.length > 1 ? rest[0] : undefined };
    this.logger.error({ ...fields, context: rest.at(-1) }, String(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn({ context: rest.at(-1) }, String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug({ context: rest.at(-1) }, String(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace({ context: rest.at(-1) }, String(message));
  }
}

function correlation(): object {
  const correlationId = currentContext()?.correlationId;
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return { ...(correlationId && { correlationId }), ...(traceId && { traceId }) };
}

/** Texts are scrubbed too; without one pino would take the error's message as it is. */
function logScrubbed(this: Logger, args: Parameters<pino.LogFn>, method: pino.LogFn): void {
  const line: unknown[] = args.map((arg: unknown) => (typeof arg === 'string' ? scrub(arg) : arg));
  if (line.length === 1 && typeof line[0] !== 'string') line.push(messageOf(line[0]));
  method.apply(this, line as Parameters<pino.LogFn>);
}

function messageOf(fields: unknown): string | undefined {
  const error = fields instanceof Error ? fields : (fields as { err?: unknown } | null)?.err;
  return error instanceof Error ? scrub(error.message) : undefined;
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: scrub(error.message),
    ...(code === undefined ? {} : { code }),
    stack: scrub(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  };
}

function scrub(text: string): string {
  return text.replace(CREDENTIALS_IN_URL, '//[redacted]@');
}
