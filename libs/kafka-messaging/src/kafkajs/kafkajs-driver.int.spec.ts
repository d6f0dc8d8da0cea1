import { serverAddresses } from '@codex/testing';

import { kafkaDriverContract } from '../testing';
import { kafkajsDriver } from './kafkajs-driver';

kafkaDriverContract('kafkajs', (who) => kafkajsDriver({ ...who, brokers: serverAddresses().kafkaBrokers }));
