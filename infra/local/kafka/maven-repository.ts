import { existsSync, readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';

/**
 * Where the user's Maven fetches from: `MAVEN_REPOSITORY_URL`, else a mirror of central in `~/.m2/settings.xml`, else
 * undefined, which leaves the choice (Maven Central) to the download library.
 */
export function mavenRepository(settingsFile = join(homedir(), '.m2/settings.xml')): string | undefined {
  const url = process.env['MAVEN_REPOSITORY_URL'] || mirrorOfCentral(settingsFile);
  return url && `${url.replace(/\/+$/, '')}/`;
}

export interface DownloadAgents {
  readonly of: (url: URL) => HttpAgent;
  close(): void;
}

/** They follow HTTP_PROXY, HTTPS_PROXY and NO_PROXY, and trust what the system trusts beside Node's own list. */
export function downloadAgents(): DownloadAgents {
  const options = { keepAlive: true, maxSockets: 8, proxyEnv: process.env };
  const http = new HttpAgent(options);
  const https = new HttpsAgent({ ...options, ca: [...getCACertificates('default'), ...getCACertificates('system')] });
  const close = (): void => [http, https].forEach((agent) => agent.destroy());
  return { of: (url) => (url.protocol === 'http:' ? http : https), close };
}

function mirrorOfCentral(settingsFile: string): string | undefined {
  if (!existsSync(settingsFile)) return undefined;
  const settings = readFileSync(settingsFile, 'utf8').replace(/<!--.*?-->/gs, '');
  for (const [, mirror = ''] of settings.matchAll(/<mirror>(.*?)<\/mirror>/gs)) {
    const of = /<mirrorOf>\s*(.*?)\s*<\/mirrorOf>/s.exec(mirror)?.[1];
    if (of === '*' || of === 'external:*' || of?.split(',').includes('central'))
      return /<url>\s*(.*?)\s*<\/url>/s.exec(mirror)?.[1];
  }
  return undefined;
}
