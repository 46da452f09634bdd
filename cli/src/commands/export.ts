import { exportOnnx } from '@signwave/convert';
import { writeFileAtomic, writeFolderAtomic } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { readModelFile } from '@signwave/lab/node';
import type { Command } from 'commander';
import { modelArgument } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import { count, printResult } from '../report/output.js';

interface Options {
  readonly onnx?: string;
  readonly exact?: boolean;
  readonly c?: string;
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .description('write a model in another format')
    .addArgument(modelArgument('<model>'))
    .option('--onnx <file>', 'ONNX: standard operators, float32, input (N, C, H, W) preprocessed')
    .option(
      '--exact',
      'with --onnx: float convolutions tap by tap, so that every engine finds the same signs; larger and slower',
    )
    .option('--c <folder>', 'C11 for gcc or clang, with the kernels, a Makefile and an example program; a new folder')
    .action(async (modelPath: string, { onnx, exact, c }: Options) => {
      if (onnx === undefined && c === undefined) {
        throw new SignwaveError('E_USAGE', 'say what to export to: --onnx FILE, --c FOLDER, or both');
      }
      if (exact && onnx === undefined) throw new SignwaveError('E_USAGE', '--exact belongs to --onnx');
      await refuseOverwriting({
        outputs: { '--onnx': onnx },
        folders: { '--c': c },
        inputs: { 'the model': modelPath },
      });
      const { model } = await readModelFile(modelPath);
      if (onnx !== undefined) {
        const bytes = exportOnnx(model, { isExact: exact ?? false });
        await writeFileAtomic(onnx, bytes);
        printResult(`${onnx}: ${count(bytes.length)} bytes, ONNX`);
      }
      if (c !== undefined) {
        // Loaded only when needed, because it contains the C sources.
        const { exportC } = await import('@signwave/runtime/c');
        const files = await exportC(model);
        await writeFolderAtomic(c, files);
        const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
        printResult(`${c}: ${files.size} files, ${count(bytes)} bytes, C; README.md says how to build it`);
      }
    });
}
