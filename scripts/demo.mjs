import { runBuilt } from './bootstrap.mjs';

await runBuilt('infra/demo/main.js');
