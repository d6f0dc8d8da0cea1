import type { INestApplication } from '@nestjs/common';

/**
 * The OpenAPI 3.0 document of a service, from its controllers and their zod schemas. Made at the first request: the
 * generator is not even loaded before. Routes under `/internal/` are left out.
 */
export function lazyOpenApi(app: () => INestApplication, service: string): () => Promise<object> {
  let document: Promise<object> | undefined;
  return () => (document ??= describe(app(), service));
}

async function describe(app: INestApplication, service: string): Promise<object> {
  const { DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
  const config = new DocumentBuilder()
    .setTitle(`Codex Orchestrator: ${service}`)
    .setVersion('1')
    .addBearerAuth()
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('apiKey')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  const paths = Object.entries(document.paths).filter(([path]) => !path.startsWith('/internal/'));
  return { ...document, paths: Object.fromEntries(paths) };
}
