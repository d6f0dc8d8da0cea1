import { Body, Controller, Delete, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandRunner, streamId, type CommandResult } from '@codex/event-sourcing';
import {
  commandMetadata,
  CurrentCaller,
  cursorCodec,
  idParams,
  listQuery,
  pageOf,
  Problem,
  Roles,
  runOptions,
  sendReceipt,
  uuid,
  type Caller,
} from '@codex/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import { Liveness } from '../application/liveness';
import type { AgentCommand } from '../domain/agent.commands';
import { agentDecider } from '../domain/agent.decider';
import { HEARTBEAT_INTERVAL_MS, LEASE_TTL_MS } from '../domain/lease';
import { listAgents, type AgentRow } from '../persistence/agent-directory';
import { reasonBody, registerAgentBody, type ReasonBody, type RegisterAgentBody } from './agents.requests';

const agentsQuery = listQuery({});
const cursor = cursorCodec(z.tuple([z.string(), uuid]));

/** Agents: who they are, and whether they get runs. */
@Controller('v1/agents')
export class AgentsController {
  constructor(
    private readonly commands: CommandRunner,
    private readonly pool: Pool,
    private readonly liveness: Liveness,
  ) {}

  @Post()
  @Roles('agent')
  async register(
    @Body({ schema: registerAgentBody }) body: RegisterAgentBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const metadata = commandMetadata(request);
    // The name is the agent's identity within its tenant, so a restarted agent is the same one.
    const agentId = uuidv5(`agent:${body.name}`, metadata.tenantId);
    this.liveness.notice(agentId);
    const result = await this.run({ type: 'RegisterAgent', data: { agentId, ...body }, metadata }, request);
    const { version, events } = result.response;
    const isNew = version === events.length && events.length > 0;
    const receipt = sendReceipt(reply, result, isNew ? { created: `/v1/agents/${agentId}` } : {});
    return { ...receipt, heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS, leaseTtlMs: LEASE_TTL_MS };
  }

  @Post(':id/drain')
  @Roles('operator', 'agent')
  async drain(
    @Param({ schema: idParams }) { id }: { id: string },
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const metadata = commandMetadata(request);
    return sendReceipt(reply, await this.run({ type: 'DrainAgent', data: { agentId: id, reason }, metadata }, request));
  }

  @Post(':id/resume')
  @Roles('operator', 'agent')
  async resume(
    @Param({ schema: idParams }) { id }: { id: string },
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const metadata = commandMetadata(request);
    return sendReceipt(
      reply,
      await this.run({ type: 'ResumeAgent', data: { agentId: id, reason }, metadata }, request),
    );
  }

  @Delete(':id')
  @Roles('operator', 'agent')
  async deregister(
    @Param({ schema: idParams }) { id }: { id: string },
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const metadata = commandMetadata(request);
    const data = { agentId: id, reason: null };
    return sendReceipt(reply, await this.run({ type: 'DeregisterAgent', data, metadata }, request));
  }

  @Get()
  async list(@Query({ schema: agentsQuery }) query: z.output<typeof agentsQuery>, @CurrentCaller() caller: Caller) {
    const page = { limit: query.first + 1, after: cursor.decode(query.after) };
    const rows = await listAgents(this.pool, caller.tenantId, page);
    return pageOf(rows, query.first, { item: agentView, cursor: (row) => cursor.encode([row.createdAt, row.id]) });
  }

  @Get(':id')
  async one(
    @Param({ schema: idParams }) { id }: { id: string },
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const [agent] = await listAgents(this.pool, caller.tenantId, { limit: 1, agentId: id });
    if (agent === undefined) throw new Problem('NOT_FOUND');
    void reply.header('etag', `"${agent.version}"`);
    return agentView(agent);
  }

  private run(command: AgentCommand, request: FastifyRequest): Promise<CommandResult> {
    const stream = streamId(agentDecider.category, command.data.agentId);
    return this.commands.run(agentDecider, stream, command, runOptions(request));
  }
}

function agentView(agent: AgentRow): Omit<AgentRow, 'createdAt'> {
  const { id, name, status, capabilities, labels, slots, busySlots, lastSeenAt, version } = agent;
  return { id, name, status, capabilities, labels, slots, busySlots, lastSeenAt, version };
}
