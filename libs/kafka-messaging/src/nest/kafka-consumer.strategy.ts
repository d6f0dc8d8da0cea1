import { Server, type CustomTransportStrategy } from '@nestjs/microservices';

/** A consumer as the strategy needs it; `BatchConsumer` is one. */
export interface RunnableConsumer {
  start(): void;
  stop(): Promise<void>;
}

/**
 * Consumers as a Nest microservice: `app.connectMicroservice({ strategy: new KafkaConsumerStrategy(consumers) })`. They
 * start with `startAllMicroservices` and stop, each after its transaction in flight, when the app closes. Messages go
 * to the declarations' handlers; `@EventPattern` is not used, because it hands over one message at a time.
 */
export class KafkaConsumerStrategy extends Server implements CustomTransportStrategy {
  constructor(private readonly consumers: readonly RunnableConsumer[]) {
    super();
  }

  listen(callback: () => void): void {
    for (const consumer of this.consumers) consumer.start();
    callback();
  }

  async close(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
  }

  /** Consumers report by `health()`; there are no events to listen to. */
  on(): void {}

  unwrap<T>(): T {
    return this.consumers as T;
  }
}
