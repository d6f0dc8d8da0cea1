import { runBuilt } from './bootstrap.mjs';

await runBuilt('infra/ops/main.js');
