import { OpsError } from '../ops-error';
import { republishCommand, type RepublishCommandOptions } from './republish-command';

const options: RepublishCommandOptions = {
  ...{ partitions: '24', local: null, say: () => undefined },
  env: { KAFKA_BROKERS: '127.0.0.1:9' },
};

describe('republish', () => {
  it.each([
    ['an unknown context', 'nobody', {}, 'nobody has no events of its own: one of project, work-item'],
    ['the context of every service', 'system', {}, 'system has no events of its own'],
    ['no partitions', 'project', { partitions: 'many' }, 'project.events.v1.p24 needs 1 to 1000 partitions'],
    ['a suffix that is none', 'project', { suffix: 'a.b' }, 'is not <topic>.<suffix>:<partitions>'],
    ['no database', 'work-item', {}, 'where are the events of work-item? Name its database: --database'],
    ['no Kafka', 'work-item', { env: {} }, 'where is Kafka? Set KAFKA_BROKERS'],
    ['a setting with mistakes', 'project', { env: { ...options.env, KAFKA_TOPICS: 'x' } }, 'KAFKA_TOPICS: "x" is not'],
  ])('is refused for %s', async (_, context, given, reason) => {
    const refused = republishCommand(context, { ...options, suffix: 'p24', ...given });
    await expect(refused).rejects.toThrow(OpsError);
    await expect(republishCommand(context, { ...options, suffix: 'p24', ...given })).rejects.toThrow(reason);
  });
});
