import type { KafkaDriver } from '../driver/kafka-driver';

/** Of consumers in specs: short enough that no spec waits long for a fetch that brings nothing or for a rebalance. */
export const BRIEF_WAITS = { maxWaitMs: 250, heartbeatIntervalMs: 300 } as const;

/** The same driver with consumers that fetch and beat often. */
export function withBriefWaits(driver: KafkaDriver): KafkaDriver {
  return {
    producer: () => driver.producer(),
    consumer: (options) => driver.consumer({ ...BRIEF_WAITS, ...options }),
    admin: () => driver.admin(),
  };
}
