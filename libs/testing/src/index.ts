export { eventually, type EventuallyOptions } from './eventually';
export { SseClient, type SseBlock } from './sse-client';
export { freePort } from './free-port';
export { createTestDatabase, type TestDatabase } from './test-database';
export { createTestTopics, type TestTopics, type TestTopicSettings } from './test-topics';
export { serverAddresses, type ServerAddresses } from './server-addresses';
