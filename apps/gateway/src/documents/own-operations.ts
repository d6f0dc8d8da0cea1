type Fields = Readonly<Record<string, object>>;

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const uuid = { type: 'string', format: 'uuid' };
const time = { type: 'string', format: 'date-time' };
const status = { type: 'string', enum: ['parked', 'redriven', 'discarded'] };
const orNull = (schema: object) => ({ ...schema, nullable: true });
const list = (items: object) => ({ type: 'array', items });
const object = (properties: Fields, required: readonly string[] = []) => ({ type: 'object', properties, required });

const message = { topic: text, partition: count, offset: count, stream: text, version: orNull(count) };
const failure = { code: text, reason: text, attempts: count };
const deadLetter = object({
  ...{ id: uuid, service: text, consumerGroup: text, ...message, type: orNull(text), eventId: orNull(text) },
  ...{ ...failure, group: text, status, firstAt: time, lastAt: time, queued: count },
  ...{ resolution: orNull(text), resolvedBy: orNull(text) },
});
const waiting = { ...message, type: text, eventId: text, ...failure, failureGroup: text, since: time, lastAt: time };
const consumer = object({
  ...{ service: text, group: text, state: text, healthy: { type: 'boolean' }, assignedPartitions: count },
  ...{ lagMs: count, parked: count, error: orNull(text), waiting: list(object(waiting)) },
});
const unavailable = { unavailable: list(text) };
const pageInfo = object({ endCursor: orNull(text), hasNextPage: { type: 'boolean' } });
const receipt = { id: uuid, commandId: uuid, stream: text, events: list(text) };
const released = { status, released: count, parkedBy: orNull(uuid) };
const groupReceipt = object({
  ...{ group: text, redriven: count, discarded: count, parkedAgain: count, remaining: count },
  ...{ services: list(object({})), ...unavailable },
});
const skipFields = { group: text, topic: text, partition: count, offset: count, eventId: text, reason: text };

interface Described {
  readonly summary: string;
  readonly answer: object;
  readonly body?: object;
  readonly inPath?: string;
  readonly query?: Fields;
}

function operation({ summary, answer, body, inPath, query = {} }: Described): object {
  const json = (schema: object) => ({ content: { 'application/json': { schema } } });
  const parameters = [
    ...(inPath === undefined ? [] : [{ name: inPath, in: 'path', required: true, schema: text }]),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: false, schema })),
  ];
  return {
    ...{ summary, parameters, tags: ['gateway'], 'x-roles': ['admin', 'operator'] },
    ...(body !== undefined && { requestBody: json(body) }),
    responses: {
      200: { description: summary, ...json(answer) },
      default: { description: 'application/problem+json' },
    },
  };
}

const settled = object({ ...receipt, ...released });
const redriveBody = object({ reason: text });
const discardBody = object({ reason: text }, ['reason']);
const group = { group: text };

/** The routes that the gateway answers itself, as OpenAPI paths. */
export const ownOperations = {
  '/v1/operations/status': {
    get: operation({ summary: 'The state of the whole system', answer: object({}) }),
  },
  '/v1/operations/dead-letters': {
    get: operation({
      summary: 'Messages that could not be processed, of all services, newest first',
      answer: object({ items: list(deadLetter), pageInfo, ...unavailable }),
      query: { first: count, after: text, service: text, ...group, consumerGroup: text, status },
    }),
  },
  '/v1/operations/dead-letters/{id}': {
    get: operation({ summary: 'One dead letter', answer: deadLetter, inPath: 'id' }),
  },
  '/v1/operations/dead-letters/{id}/redrive': {
    post: operation({ summary: 'Processes a message again', answer: settled, body: redriveBody, inPath: 'id' }),
  },
  '/v1/operations/dead-letters/{id}/discard': {
    post: operation({ summary: 'Gives a message up', answer: settled, body: discardBody, inPath: 'id' }),
  },
  '/v1/operations/dead-letters/groups/{group}/redrive': {
    post: operation({ summary: 'Redrives a failure group', answer: groupReceipt, body: redriveBody, inPath: 'group' }),
  },
  '/v1/operations/dead-letters/groups/{group}/discard': {
    post: operation({ summary: 'Discards a failure group', answer: groupReceipt, body: discardBody, inPath: 'group' }),
  },
  '/v1/operations/dead-letters/redrive': {
    post: operation({
      ...{ summary: 'Redrives a failure group', answer: groupReceipt, query: group },
      body: object({ ...group, reason: text }),
    }),
  },
  '/v1/operations/dead-letters/discard': {
    post: operation({
      ...{ summary: 'Discards a failure group', answer: groupReceipt, query: group },
      body: object({ ...group, reason: text }, ['reason']),
    }),
  },
  '/v1/operations/consumers': {
    get: operation({
      summary: 'Consumers of all services, and the messages that their partitions wait at',
      answer: object({ items: list(consumer), ...unavailable }),
      query: { service: text },
    }),
  },
  '/v1/operations/consumers/skip': {
    post: operation({
      summary: 'Takes a partition past exactly the message it waits at, which becomes a dead letter',
      answer: object({ ...receipt, service: text }),
      body: object(skipFields, Object.keys(skipFields)),
    }),
  },
  '/v1/operations/consumers/adopt': {
    post: operation({
      summary: 'Lets a consumer whose log was replaced go on with the one that is there, from its beginning',
      answer: object({ ...receipt, service: text, logs: list(object({})) }),
      body: object({ group: text, reason: text }, ['group', 'reason']),
    }),
  },
};
