import { pathOf, SchemaValidationPipe, validationFailed } from '@codex/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Gatekeeper } from '../routing/gatekeeper';
import type { Consumers } from './consumers';
import type { Act, DeadLetters } from './dead-letters';
import * as requests from './inbox-requests';
import type { ServiceAnswer } from './service-calls';

export interface OperationsParts {
  readonly gatekeeper: Gatekeeper;
  readonly deadLetters: DeadLetters;
  readonly consumers: Consumers;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

const ROOT = '/v1/operations';
const pipe = new SchemaValidationPipe();

/** What the gateway answers itself, because it is about the inboxes of all services. For operators. */
export function registerOperations(server: FastifyInstance, parts: OperationsParts): void {
  const { gatekeeper, deadLetters, consumers } = parts;
  const onRequest = (request: FastifyRequest, reply: FastifyReply) => gatekeeper.admit(request, reply, ['operator']);
  const get = (path: string, handler: Handler) =>
    server.get(ROOT + path, { exposeHeadRoute: false, onRequest, handler });
  const post = (path: string, handler: Handler) => server.post(ROOT + path, { onRequest, handler });

  get('/dead-letters', async (request) => deadLetters.list(request, await queryOf(requests.deadLettersQuery, request)));
  get('/dead-letters/:id', async (request) => (await deadLetters.find(request, await idOf(request))).body);
  for (const act of ['redrive', 'discard'] as const) {
    post(`/dead-letters/:id/${act}`, async (request, reply) => {
      await queryOf(requests.noQuery, request);
      const body = await bodyOf(act === 'redrive' ? requests.redriveBody : requests.discardBody, request);
      return passOn(request, reply, await deadLetters.settle(request, await idOf(request), { act, body }));
    });
    post(`/dead-letters/groups/:group/${act}`, async (request) => {
      await queryOf(requests.noQuery, request);
      const { group } = await pipe.transform<{ group: string }>(request.params as never, {
        ...{ type: 'param', schema: requests.groupParams },
      });
      const body = await bodyOf(act === 'redrive' ? requests.redriveBody : requests.discardBody, request);
      return deadLetters.settleGroup(request, group, { act, body });
    });
    post(`/dead-letters/${act}`, async (request) => {
      const { group, body } = await groupOrder(act, request);
      return deadLetters.settleGroup(request, group, { act, body });
    });
  }
  get('/consumers', async (request) =>
    consumers.list(request, (await queryOf(requests.consumersQuery, request)).service),
  );
  post('/consumers/skip', async (request, reply) =>
    passOn(request, reply, await consumers.order(request, 'skip', await bodyOf(requests.skipBody, request))),
  );
  post('/consumers/adopt', async (request, reply) =>
    passOn(request, reply, await consumers.order(request, 'adopt', await bodyOf(requests.adoptBody, request))),
  );
}

/** The group of an order may stand in the body or in the query. */
async function groupOrder(act: Act, request: FastifyRequest): Promise<{ group: string; body: { reason?: string } }> {
  const query = await queryOf(requests.groupQuery, request);
  const schema = act === 'redrive' ? requests.redriveGroupBody : requests.discardGroupBody;
  const { group = query.group, ...body } = await bodyOf(schema, request);
  if (group === undefined) throw validationFailed({ path: 'group', message: 'is required' });
  return { group, body };
}

function queryOf<Schema extends z.ZodType>(schema: Schema, request: FastifyRequest): Promise<z.output<Schema>> {
  return pipe.transform(request.query as z.output<Schema>, { type: 'query', schema });
}

function bodyOf<Schema extends z.ZodType>(schema: Schema, request: FastifyRequest): Promise<z.output<Schema>> {
  return pipe.transform((request.body ?? undefined) as z.output<Schema>, { type: 'body', schema });
}

async function idOf(request: FastifyRequest): Promise<string> {
  const params = request.params as { id: string };
  return (await pipe.transform(params, { type: 'param', schema: requests.idParams })).id;
}

function passOn(request: FastifyRequest, reply: FastifyReply, { status, body }: ServiceAnswer): unknown {
  void reply.code(status);
  if (status < 400) return body;
  void reply.header('content-type', 'application/problem+json; charset=utf-8');
  return JSON.stringify({ ...body, instance: pathOf(request) });
}
