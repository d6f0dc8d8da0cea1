import type { KafkaDriver } from '../driver/kafka-driver';

const BRIEF_MS = 200;

/** The same driver whose consumers wait for records so briefly that no spec waits long for a fetch that brings nothing. */
export function withBriefFetches(driver: KafkaDriver): KafkaDriver {
  return {
    producer: () => driver.producer(),
    consumer: (options) => driver.consumer({ maxWaitMs: BRIEF_MS, ...options }),
    admin: () => driver.admin(),
  };
}
