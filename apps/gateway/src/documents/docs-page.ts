import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { registerText } from './own-text';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Codex Orchestrator API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });\n`;

/** `/docs`: Swagger UI over the merged document, from this server alone. */
export function registerDocs(server: FastifyInstance): void {
  registerText(server, '/docs', 'text/html', PAGE);
  registerText(server, '/docs/', 'text/html', PAGE);
  registerText(server, '/docs/start.js', 'text/javascript', START);
  registerAsset(server, 'swagger-ui.css', 'text/css; charset=utf-8');
  registerAsset(server, 'swagger-ui-bundle.js', 'text/javascript; charset=utf-8');
}

function registerAsset(server: FastifyInstance, name: string, type: string): void {
  server.get(`/docs/${name}`, (_request, reply) =>
    reply
      .headers({ 'content-type': type, 'cache-control': 'public, max-age=86400' })
      .send(createReadStream(join(assetFolder(), name))),
  );
}

/** swagger-ui-dist comes with @nestjs/swagger. */
function assetFolder(): string {
  const swagger = createRequire(require.resolve('@nestjs/swagger'));
  return dirname(swagger.resolve('swagger-ui-dist/package.json'));
}
