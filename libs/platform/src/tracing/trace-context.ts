import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
} from '@opentelemetry/api';
import { currentContext } from '../context/request-context';
import { tracingEnabled } from '../tracing-preload';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** W3C `traceparent` of the active span, else of the request at hand, else undefined. */
export function currentTraceparent(): string | undefined {
  const span = tracingEnabled ? trace.getActiveSpan()?.spanContext() : undefined;
  if (span === undefined || !isSpanContextValid(span)) return currentContext()?.traceparent;
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`;
}

/** What a continued span is called and says. */
export interface SpanOptions {
  readonly name: string;
  readonly kind?: 'consumer' | 'producer' | 'internal';
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Runs `fn` in a span that continues the trace of a message. When tracing is off, or the message has no trace, `fn` is
 * simply called. Errors are recorded on the span and thrown on.
 */
export function continueFrom<Result>(
  traceparent: string | undefined,
  options: SpanOptions,
  fn: () => Promise<Result>,
): Promise<Result> {
  if (!tracingEnabled) return fn();
  return context.with(contextFrom(traceparent), () => inSpan(options, fn));
}

/** The context of a `traceparent`, as the parent of spans to come; without one, or with a malformed one, the root. */
export function contextFrom(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (parent === null) return ROOT_CONTEXT;
  const [, traceId, spanId, flags] = parent;
  const remote = { traceId: traceId!, spanId: spanId!, traceFlags: Number.parseInt(flags!, 16), isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}

/** Runs `fn` in a child of the active span; simply calls it when tracing is off. */
export function inSpan<Result>(options: SpanOptions, fn: () => Promise<Result>): Promise<Result> {
  if (!tracingEnabled) return fn();
  const tracer = trace.getTracer('codex');
  const kind = { consumer: SpanKind.CONSUMER, producer: SpanKind.PRODUCER, internal: SpanKind.INTERNAL }[
    options.kind ?? 'internal'
  ];
  return tracer.startActiveSpan(options.name, { kind, attributes: { ...options.attributes } }, async (span) => {
    try {
      return await fn();
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}
