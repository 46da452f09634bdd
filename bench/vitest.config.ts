import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['signwave:source', 'module', 'node', 'import', 'default'];

/** Tests against peers, which `scripts/install.mjs` installs: `npx vitest run --config bench/vitest.config.ts`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000 },
});
