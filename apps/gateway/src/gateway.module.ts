import { Module } from '@nestjs/common';

/** Empty on purpose: the gateway's routes are a table on Fastify itself (`gateway-server.ts`), below Nest. */
@Module({})
export class GatewayModule {}
