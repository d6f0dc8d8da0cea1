import './tracing-preload';

export * from './config/load-config';
export * from './config/config-slices';
export * from './housekeeping/housekeeping-config';
export * from './context/request-context';
export * from './logging/logger';
export * from './problems/problem';
export { problemDocument, statusOf, type ProblemDocument, type ProblemPlace } from './problems/problem-document';
export { pathOf, ProblemFilter, sendProblem } from './problems/problem-handler';
export { CurrentCaller, Public, Roles, type Role } from './auth/auth.decorators';
export { InternalAuthGuard, mayCall } from './auth/internal-auth.guard';
export { INTERNAL_TOKEN_HEADER, InternalTokenIssuer, InternalTokenVerifier } from './auth/internal-token';
export { canonicalJson, commandMetadata, runOptions, sendReceipt, type ReceiptOptions } from './http/commands';
export * from './http/lists';
export { SchemaValidationPipe } from './http/schema-validation.pipe';
export * from './health/health-registry';
export * from './health/health-reporter';
export {
  counter,
  gauge,
  gauges,
  observeProcess,
  renderMetrics,
  secondsHistogram,
  type Labels,
} from './metrics/metrics';
export { continueFrom, currentTraceparent, inSpan, type SpanOptions } from './tracing/trace-context';
export { stopTracing, tracingEnabled } from './tracing-preload';
export { bootstrap, type BootstrapOptions } from './service/bootstrap';
export { createService, type Service, type ServiceConfig, type ServiceOptions } from './service/create-service';
export { acceptWebSockets, type WebSocketRoute } from './service/web-sockets';
export { Lifecycle, StartRefused, type StopStage } from './service/lifecycle';
export { LOGGER } from './service/platform-tokens';
export { ConsumerHost } from './consumers/consumer-host';
export { SYSTEM_TENANT } from './context/system-tenant';
export type { OperatedConsumer } from './inbox/inbox-operations';
export type { ConsumerView, DeadLetterView, WaitingView } from './inbox/inbox-views';
export { ConsumersModule } from './consumers/consumers.module';
export type { ConsumersOptions } from './consumers/consumers-options';
export { kafkaDriver, type KafkaConfig } from './consumers/kafka-connection';
export { addressingOf, type Publisher } from './command-service/addressing';
export { CommandService, type BackgroundTask } from './command-service/command-service';
export { CommandServiceModule } from './command-service/command-service.module';
export type { CommandServiceOptions } from './command-service/command-service-options';
