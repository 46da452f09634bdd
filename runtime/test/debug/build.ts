import { spawnSync } from 'node:child_process';

/** Builds the kernels with their asserts, unless the existing ones are newer than the sources. */
export default function build(): void {
  const { status } = spawnSync(process.execPath, ['runtime/scripts/build-wasm.mjs', '--debug'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the kernels could not be built with their asserts');
}
