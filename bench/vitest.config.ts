import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const conditions = ['signwave:source', 'module', 'node', 'import', 'default'];

/** Tests in `test/peers`, against engines that `scripts/install.mjs` installs (the others are run by `npm test`): `npx vitest run --config bench/vitest.config.ts`. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ['test/peers/**/*.test.ts'], testTimeout: 60_000 },
});
