import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { crc32, type Model } from '@signwave/format';
import { exportC } from '@signwave/runtime/c';

const FOLDER = `build/fuzz/c/${process.pid}`;

let hasCompiler: boolean | undefined;

/**
 * A model as the C that `signwave export --c` writes, compiled for this machine.
 *
 * @returns what runs it on inputs of floats; `undefined` if there is no compiler.
 */
export async function exportedProgram(
  model: Model,
): Promise<((inputs: readonly Float32Array[]) => Float32Array[]) | undefined> {
  hasCompiler ??= ['cc', 'make'].every((tool) => spawnSync(tool, ['--version']).status === 0);
  if (!hasCompiler) return undefined;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const files = await exportC(model);
  for (const [name, text] of files) writeFileSync(`${FOLDER}/${name}`, text);
  // All models have the same kernels, which take most of the time.
  const kernels = `build/fuzz/c/kernels-${crc32(new TextEncoder().encode(files.get('kernels.c')))}.o`;
  if (existsSync(kernels)) copyFileSync(kernels, `${FOLDER}/kernels.o`);
  run('make', ['--silent', '-C', FOLDER, 'libsignwave.a']);
  if (!existsSync(kernels)) {
    copyFileSync(`${FOLDER}/kernels.o`, `${FOLDER}/kernels.new`);
    renameSync(`${FOLDER}/kernels.new`, kernels);
  }
  const program = `${FOLDER}/outputs`;
  run('cc', ['-O2', `-I${FOLDER}`, 'conformance/c/outputs.c', `${FOLDER}/libsignwave.a`, '-o', program, '-lm']);
  return (inputs) => {
    const given = Buffer.concat(inputs.map(({ buffer }) => Buffer.from(buffer)));
    const found = execFileSync(program, ['floats'], { input: given, maxBuffer: 2 ** 30 });
    rmSync(FOLDER, { recursive: true, force: true });
    const floats = new Float32Array(new Uint8Array(found).buffer);
    const outputs = floats.length / inputs.length;
    return inputs.map((_, n) => floats.slice(n * outputs, (n + 1) * outputs));
  };
}

/** @throws {Error} with what the program says if it fails. */
function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
}
