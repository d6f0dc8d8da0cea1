import { serverAddresses } from '@codex/testing';

import { kafkaDriverContract } from '../testing';
import { platformaticDriver } from './platformatic-driver';

kafkaDriverContract('@platformatic/kafka', (who) =>
  platformaticDriver({ ...who, brokers: serverAddresses().kafkaBrokers }),
);
