import { runBuilt } from './bootstrap.mjs';

await runBuilt('infra/local/main.js');
