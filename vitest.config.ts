import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Workspace packages resolve to their TypeScript sources, so that tests need no build of them. The condition `module` isn't there: under it some
 * packages have modules that only bundlers can load.
 */
const conditions = ['signwave:source', 'node', 'import', 'default'];

/** Tests that only mean something on kernels with asserts. */
const DEBUG_TESTS = 'runtime/test/debug/*.test.ts';

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The default leaves a core free for an editor, which is half of the machines that CI runs on.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'release kernels',
          include: [
            '{format,data,reference,convert,runtime,lab,trainer,cli}/test/**/*.test.ts',
            '{bench,conformance}/test/*.test.ts',
            'test/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, DEBUG_TESTS],
        },
      },
      {
        // What calls every kernel on many shapes, once more where a plan that breaks a precondition traps.
        extends: true,
        test: {
          name: 'debug kernels',
          include: [DEBUG_TESTS, 'runtime/test/{borders,exactness,fusion,integer-conv,model,tables}.test.ts'],
          globalSetup: 'runtime/test/debug/build.ts',
          setupFiles: 'runtime/test/debug/use-debug-kernels.ts',
          env: { SIGNWAVE_GRAPHS: '100' },
        },
      },
    ],
  },
});
