import { context, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { tracingEnabled } from '../tracing-preload';
import { contextFrom } from './trace-context';

/** One message of a batch: its trace, and what its span is called. */
export interface BatchedMessage {
  readonly traceparent: string | undefined;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/**
 * Runs `fn` for a batch of messages so that each message's own trace shows when it was handled. What `fn` does itself
 * appears in the first of these traces only: work done once for many can't be in all. Free when tracing is off.
 */
export async function inBatchSpans<Result>(
  kind: 'consumer' | 'producer',
  messages: () => readonly BatchedMessage[],
  fn: () => Promise<Result>,
): Promise<Result> {
  if (!tracingEnabled) return fn();
  const spans = messages()
    .filter(({ traceparent }) => traceparent !== undefined)
    .map((message) => startSpan(kind, message));
  try {
    return await runInFirst(spans, fn);
  } catch (error) {
    for (const span of spans) span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

function startSpan(kind: 'consumer' | 'producer', { traceparent, name, attributes }: BatchedMessage): Span {
  const options = { kind: kind === 'consumer' ? SpanKind.CONSUMER : SpanKind.PRODUCER, attributes: { ...attributes } };
  return trace.getTracer('codex').startSpan(name, options, contextFrom(traceparent));
}

function runInFirst<Result>([first]: readonly Span[], fn: () => Promise<Result>): Promise<Result> {
  return first === undefined ? fn() : context.with(trace.setSpan(context.active(), first), fn);
}
