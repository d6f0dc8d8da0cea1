// Ends the launcher's processes when the launcher itself was killed and could not. It reads lines on standard input
// ({"add":{pid,stopSignal}} or {"remove":pid}); the end of the input means that the launcher is gone.
// It lives in its own session, so that neither Ctrl-C nor a kill of the launcher's process group reaches it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const PATIENCE_MS = 8000;
const guarded = new Map();

for (const name of ['SIGINT', 'SIGHUP']) process.on(name, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { add, remove } = JSON.parse(line);
    if (add) guarded.set(add.pid, { ...add, startedAt: startOf(add.pid) });
    if (remove) guarded.delete(remove);
  })
  .on('close', endAll);

async function endAll() {
  const endsAt = Date.now() + PATIENCE_MS;
  for (const one of guarded.values()) {
    send(one, one.stopSignal);
    send(one, 'SIGCONT');
  }
  while (Date.now() < endsAt && [...guarded.values()].some(isAlive)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const one of guarded.values()) send(one, 'SIGKILL');
}

function send(one, signal) {
  if (!isAlive(one)) return;
  try {
    process.kill(one.pid, signal);
  } catch {
    // it ended between the question and the signal
  }
}

function isAlive(one) {
  return one.startedAt !== undefined && startOf(one.pid) === one.startedAt;
}

function startOf(pid) {
  try {
    if (process.platform !== 'linux') return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)]).toString();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
