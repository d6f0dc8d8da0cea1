import { runBuilt } from './bootstrap.mjs';

await runBuilt('bench/main.js');
