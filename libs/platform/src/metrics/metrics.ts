import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { metrics, type Counter, type Histogram, type Meter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const exporter = new PrometheusExporter({ preventServerStart: true });
const provider = new MeterProvider({
  readers: [exporter],
  views: [
    {
      instrumentUnit: 's',
      aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: SECONDS_BUCKETS } },
    },
  ],
});
metrics.setGlobalMeterProvider(provider);
const meter: Meter = provider.getMeter('codex');
const serializer = new PrometheusSerializer();

/** Labels of one measurement: few values each, never ids. */
export type Labels = Readonly<Record<string, string>>;

/** Counts what only grows. Name: snake_case without `_total`, which is added. */
export function counter(name: string, description: string): Counter<Labels> {
  return meter.createCounter(name, { description });
}

/** Distribution of durations in seconds; the name ends in `_seconds`. */
export function secondsHistogram(name: string, description: string): Histogram<Labels> {
  return meter.createHistogram(name, { description, unit: 's' });
}

/** A value that is read when somebody asks for the metrics. Several sources may feed one name with different labels. */
export function gauge(
  name: string,
  description: string,
  read: () => number | Promise<number>,
  labels: Labels = {},
): void {
  meter
    .createObservableGauge(name, { description })
    .addCallback(async (result) => result.observe(await read(), labels));
}

/** One value for each of a set of labels that changes while the process runs. */
export function gauges(
  name: string,
  description: string,
  read: () => Promise<readonly { readonly labels: Labels; readonly value: number }[]>,
): void {
  meter.createObservableGauge(name, { description }).addCallback(async (result) => {
    for (const { labels, value } of await read()) result.observe(value, labels);
  });
}

/** All metrics of this process in Prometheus' text format. */
export async function renderMetrics(): Promise<string> {
  const { resourceMetrics } = await exporter.collect();
  return serializer.serialize(resourceMetrics);
}

/** Memory, CPU and event loop of this process. Call once. */
export function observeProcess(): void {
  const delay = monitorEventLoopDelay({ resolution: 200 });
  delay.enable();
  let last = performance.eventLoopUtilization();
  gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  gauge('process_heap_used_bytes', 'Used heap', () => process.memoryUsage().heapUsed);
  gauge('process_cpu_seconds', 'CPU time spent since the start', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge('nodejs_eventloop_lag_p99_seconds', 'Event loop lag since the last scrape, p99', () => {
    const seconds = delay.percentile(99) / 1e9;
    delay.reset();
    return seconds;
  });
  gauge('nodejs_eventloop_utilization', 'Share of time the event loop was busy since the last scrape', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  });
}
