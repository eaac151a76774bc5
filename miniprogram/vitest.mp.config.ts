import { defineConfig } from 'vitest/config';

// the compiled package, started in Node under a fake wx: needs `npm run build:mp-weixin` first
export default defineConfig({ test: { environment: 'node', include: ['test/mp/**/*.spec.ts'] } });
