/**
 * Bundles programs of the repository for Node, with the packages' sources. esbuild is imported when it is called, because a script may have
 * to install packages first.
 *
 * @param {string[]} entryPoints
 * @param {import('esbuild').BuildOptions & { outdir: string, external: string[] }} options
 */
export async function bundleForNode(entryPoints, options) {
  const { build } = await import('esbuild');
  await build({
    entryPoints,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['signwave:source', 'module'],
    logLevel: 'warning',
    ...options,
  });
}
