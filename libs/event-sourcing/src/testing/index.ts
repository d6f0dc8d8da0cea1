export { specify, type Given, type Outcome, type Specification } from './specification';
export { deepFreeze } from './deep-freeze';
export { InMemoryEventStore, type InMemoryEventStoreOptions } from './in-memory-event-store';
export { jsonCodec } from './json-codec';
export { aCommand, aNewEvent, aReply, commandMetadata, messageMetadata, TEST_TENANT } from './messages';
export { eventStoreContract, type StoreUnderTest } from './event-store.contract';
