import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSystem, type RunningSystem } from '../../infra/local/system/start-system';
import { GatewayClient } from './gateway-client';
import { liveStreamsShowWhatHappens } from './live-streams';

const START_MS = 120_000;

describe('the system over @platformatic/kafka', () => {
  let folder: string;
  let system: RunningSystem;
  let member: GatewayClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'codex-second-client-'));
    const before = process.env['KAFKA_CLIENT'];
    process.env['KAFKA_CLIENT'] = 'platformatic';
    try {
      const stateDir = join(folder, 'state');
      system = await startSystem({ root: process.cwd(), stateDir, fresh: true, port: 0, quiet: true });
    } finally {
      if (before === undefined) delete process.env['KAFKA_CLIENT'];
      else process.env['KAFKA_CLIENT'] = before;
    }
    member = new GatewayClient(() => system.contents().gatewayUrl, system.contents().apiKeys.member);
  }, START_MS);

  afterAll(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, START_MS);

  const complete = async (title: string): Promise<void> => {
    const project = (await member.post('/v1/projects', { name: title })).body.id as string;
    const toolRecipe = { steps: [{ tool: 'noop', with: {} }] };
    const item = await member.post(`/v1/projects/${project}/work-items`, { title, toolRecipe });
    await member.until(`/v1/work-items/${item.body.id}`, ({ body }) => body.state === 'completed', 60_000);
  };

  it('completes work items, also after a service was killed', async () => {
    await complete('before');
    system.kill('work-item');
    await system.whenReady('work-item', 60_000);
    await complete('after');
  }, 180_000);

  liveStreamsShowWhatHappens(() => system);
});
