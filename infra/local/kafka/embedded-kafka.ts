import { join } from 'node:path';
import { freePorts } from '../ports';
import type { SupervisedProcess } from '../processes/supervised-process';
import { startServer } from '../server-process';
import type { ServerOptions } from '../server-options';
import { isBrokerUp, prepareBroker } from './broker';
import { kafkaJars } from './jars';
import { findJava } from './java';

export interface EmbeddedKafka {
  readonly kafkaBrokers: readonly string[];
  readonly processes: readonly SupervisedProcess[];
}

/** Real Apache Kafka (KRaft, one node) with its data under the state folder. */
export async function embeddedKafka(options: ServerOptions): Promise<EmbeddedKafka> {
  const { root, stateDir, progress } = options;
  const [java, jars] = await Promise.all([findJava(options), kafkaJars(root, progress)]);
  const [broker = 0, controller = 0] = await freePorts(2);
  const server = await progress.step(`Apache Kafka on port ${broker}`, async () => {
    const logFile = join(stateDir, 'logs/kafka.log');
    const folder = join(stateDir, 'kafka');
    const spec = await prepareBroker(options.children, { java, jars, folder, logFile, ports: { broker, controller } });
    return startServer(options, spec, () => isBrokerUp(broker));
  });
  return { kafkaBrokers: [`127.0.0.1:${broker}`], processes: [server] };
}
