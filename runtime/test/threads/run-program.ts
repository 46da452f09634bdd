import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const RUNTIME = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a module in a Node process of its own; its imports are relative to the package. @returns how it ended, and what it printed. */
export async function runProgram(contents: string, flags: readonly string[] = []) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: RUNTIME },
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['signwave:source', 'module'],
    write: false,
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-'], {
    input: outputFiles[0]!.text,
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}
