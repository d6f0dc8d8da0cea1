import { eventStoreContract } from './event-store.contract';
import { InMemoryEventStore } from './in-memory-event-store';

eventStoreContract('the in-memory store', {
  open: () => Promise.resolve(new InMemoryEventStore()),
  close: () => Promise.resolve(),
});
