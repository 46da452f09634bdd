import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { crc32, GraphBuilder, type Model } from '@signwave/format';
import { exportC } from '@signwave/runtime/c';

const CACHE = 'build/fuzz/c';

let hasCompiler: boolean | undefined;

/**
 * A model as the C that `signwave export --c` writes, compiled for this machine.
 *
 * @returns what runs it on inputs of floats, once; `undefined` if there is no compiler.
 */
export async function exportedProgram(
  model: Model,
): Promise<((inputs: readonly Float32Array[]) => Float32Array[]) | undefined> {
  hasCompiler ??= ['cc', 'make'].every((tool) => spawnSync(tool, ['--version']).status === 0);
  if (!hasCompiler) return undefined;
  const folder = `${CACHE}/${process.pid}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = await exportC(model);
  for (const [name, text] of files) writeFileSync(`${folder}/${name}`, text);
  // All models have the same kernels, which take most of the time.
  const kernels = `${CACHE}/kernels-${crc32(new TextEncoder().encode(files.get('kernels.c')))}.o`;
  if (existsSync(kernels)) copyFileSync(kernels, `${folder}/kernels.o`);
  run('make', ['--silent', '-C', folder, 'libsignwave.a']);
  if (!existsSync(kernels)) {
    copyFileSync(`${folder}/kernels.o`, `${folder}/kernels.new`);
    renameSync(`${folder}/kernels.new`, kernels);
  }
  const program = `${folder}/outputs`;
  run('cc', ['-O2', `-I${folder}`, 'conformance/c/outputs.c', `${folder}/libsignwave.a`, '-o', program, '-lm']);
  return (inputs) => {
    const given = Buffer.concat(inputs.map(({ buffer }) => Buffer.from(buffer)));
    const found = execFileSync(program, ['floats'], { input: given, maxBuffer: 2 ** 30 });
    rmSync(folder, { recursive: true, force: true });
    const floats = new Float32Array(new Uint8Array(found).buffer);
    const outputs = floats.length / inputs.length;
    return inputs.map((_, n) => floats.slice(n * outputs, (n + 1) * outputs));
  };
}

/** Compiles the kernels that all exported models have, which on a busy machine takes longer than an input may. @returns whether there is a compiler. */
export async function compileKernels(): Promise<boolean> {
  const g = new GraphBuilder();
  g.relu(g.input({ height: 1, width: 1, channels: 1 }));
  const info = { name: 'kernels', architecture: 'none', method: 'none', writer: 'signwave fuzz', accuracy: [] };
  const program = await exportedProgram({ info, graph: g.build() });
  program?.([new Float32Array(1)]);
  return program !== undefined;
}

/** @throws {Error} with what the program says if it fails. */
function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
}
