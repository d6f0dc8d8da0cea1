import { basename, dirname, sep } from 'node:path';

/**
 * Starts OpenTelemetry tracing when `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and costs one comparison when it is not. Must
 * run before `http` servers, `pg` and `undici` are loaded: it is the first import of this lib's entry, and can be
 * given to `node -r` to be safe.
 */
const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;

/** True when spans are recorded in this process. */
export const tracingEnabled: boolean = endpoint !== undefined && endpoint !== '';

let stop: () => Promise<void> = async () => {};

/** Sends what is still buffered; call at the end of the shutdown. Never throws. */
export async function stopTracing(): Promise<void> {
  await stop().catch(() => {});
}

if (tracingEnabled) start();

function start(): void {
  // Traces only: metrics are scraped, logs are read from stdout.
  process.env.OTEL_METRICS_EXPORTER ??= 'none';
  process.env.OTEL_LOGS_EXPORTER ??= 'none';
  const { NodeSDK } = require('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
  const { OTLPTraceExporter } =
    require('@opentelemetry/exporter-trace-otlp-http') as typeof import('@opentelemetry/exporter-trace-otlp-http');
  const { HttpInstrumentation } =
    require('@opentelemetry/instrumentation-http') as typeof import('@opentelemetry/instrumentation-http');
  const { PgInstrumentation } =
    require('@opentelemetry/instrumentation-pg') as typeof import('@opentelemetry/instrumentation-pg');
  const { UndiciInstrumentation } =
    require('@opentelemetry/instrumentation-undici') as typeof import('@opentelemetry/instrumentation-undici');
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME ?? serviceNameOf(process.argv[1] ?? 'node'),
    traceExporter: new OTLPTraceExporter(),
    instrumentations: [
      new HttpInstrumentation({ ignoreIncomingRequestHook: (request) => isProbe(request.url ?? '') }),
      new PgInstrumentation({ requireParentSpan: true }),
      new UndiciInstrumentation({ requireParentforSpans: true }),
    ],
  });
  sdk.start();
  stop = () => sdk.shutdown();
}

function isProbe(url: string): boolean {
  return url.startsWith('/health/') || url === '/metrics';
}

/** `dist/apps/<name>/src/main.js` → `<name>`. */
function serviceNameOf(script: string): string {
  const parts = script.split(sep);
  const apps = parts.lastIndexOf('apps');
  return parts[apps + 1] !== undefined && apps !== -1 ? parts[apps + 1]! : basename(dirname(script));
}
