import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpConfig, serviceUrl, type ConfigOf } from '@codex/platform';
import { z } from 'zod';

/** Who this agent is, and how much it takes on. */
const identity = z
  .object({
    AGENT_API_KEY: z.string().min(1),
    AGENT_NAME: z.string().min(1).max(200).default(hostname()),
    AGENT_SLOTS: z.coerce.number().int().min(1).max(256).default(4),
    AGENT_WORKSPACE: z.string().min(1).optional(),
    AGENT_PROCESS_ALLOWLIST: z.string().default('git,node,npm'),
  })
  .transform((env) => ({
    apiKey: env.AGENT_API_KEY,
    name: env.AGENT_NAME,
    slots: env.AGENT_SLOTS,
    workspace: env.AGENT_WORKSPACE ?? join(tmpdir(), `codex-${env.AGENT_NAME.replace(/[^\w.-]/g, '_')}`),
    allowed: env.AGENT_PROCESS_ALLOWLIST.split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  }));

/** What programs get of this machine's environment: where they are, and how git reaches the network. Nothing else. */
const machine = z
  .object({
    PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
    HTTPS_PROXY: z.string().optional(),
    NO_PROXY: z.string().optional(),
    SSL_CERT_FILE: z.string().optional(),
    GIT_SSL_CAINFO: z.string().optional(),
    SSH_AUTH_SOCK: z.string().optional(),
  })
  .transform((env) => {
    const given = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { PATH: env.PATH, ...Object.fromEntries(given) };
  });

export const agentConfig = { http: httpConfig, gatewayUrl: serviceUrl('GATEWAY_URL'), identity, machine };
export type AgentConfig = ConfigOf<typeof agentConfig>;
