import { createServer } from 'node:net';
import { freePort, freePorts, portOrAnother } from './ports';

function listen(port: number): Promise<{ close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve({ close: () => new Promise((done) => server.close(() => done())) }));
  });
}

describe('ports', () => {
  it('are different and free', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    for (const port of ports) await (await listen(port)).close();
  });

  it('are not among those that systems give to outgoing connections', async () => {
    for (const port of await freePorts(20)) expect(port).toBeLessThan(32_768);
  });

  it('keep the wanted one when it is free', async () => {
    const wanted = await freePort();
    expect(await portOrAnother(wanted)).toBe(wanted);
  });

  it('give another one when the wanted one is in use', async () => {
    const wanted = await freePort();
    const holder = await listen(wanted);
    const other = await portOrAnother(wanted);
    expect(other).not.toBe(wanted);
    await (await listen(other)).close();
    await holder.close();
  });
});
