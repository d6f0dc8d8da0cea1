import { Controller, Get, Param, Res } from '@nestjs/common';
import { CurrentCaller, Problem, type Caller } from '@codex/platform';
import type { FastifyReply } from 'fastify';
import { Pool } from 'pg';
import { readArtifact } from '../persistence/artifact-store';
import { artifactParams } from './agents.requests';

/** The bytes that runs left behind. */
@Controller('v1/work-items/:workItemId/artifacts')
export class ArtifactsController {
  constructor(private readonly pool: Pool) {}

  /** Always a download: what agents upload must never be rendered in the gateway's origin. */
  @Get(':artifactId')
  async download(
    @Param({ schema: artifactParams }) params: { workItemId: string; artifactId: string },
    @CurrentCaller() { tenantId }: Caller,
    @Res() reply: FastifyReply,
  ) {
    const artifact = await readArtifact(this.pool, { tenantId, ...params });
    if (artifact === null) throw new Problem('NOT_FOUND');
    if (artifact.content === null) throw new Problem('CONTENT_LOST');
    return reply
      .headers({
        'content-type': artifact.mediaType,
        'content-disposition': dispositionOf(artifact.name),
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'private, max-age=31536000, immutable',
        etag: `"${artifact.sha256}"`,
      })
      .send(artifact.content);
  }
}

/** RFC 6266: a plain name for everybody, the real one in UTF-8 for those who can read it. */
function dispositionOf(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
