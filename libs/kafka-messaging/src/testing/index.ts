export { BRIEF_WAITS, withBriefWaits } from './brief-waits';
export { kafkaDriverContract } from './kafka-driver.contract';
export { RecordingConsumer, type RecordingOptions } from './recording-consumer';
export { deleteRecordsBelow } from './group-tools';
