export { withBriefFetches } from './brief-fetches';
export { kafkaDriverContract } from './kafka-driver.contract';
export { RecordingConsumer, type RecordingOptions } from './recording-consumer';
