import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Workspace packages resolve to their TypeScript sources, so that tests need no build of them.
  resolve: { conditions: ['signwave:source', 'module', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['signwave:source', 'module', 'node', 'import', 'default'] } },
  test: {
    include: [
      '{format,data,reference,convert,runtime,lab,trainer,cli}/test/**/*.test.ts',
      '{bench,conformance}/test/*.test.ts',
      'test/**/*.test.ts',
    ],
    testTimeout: 60_000,
  },
});
