import { exportOnnx } from '@signwave/convert';
import type { Command } from 'commander';
import { writeFileAtomic } from '../data/atomic-write.js';
import { readModelFile } from '../files.js';
import { count, printResult } from '../report/output.js';

export function registerExport(program: Command): void {
  program
    .command('export')
    .description('write a model in another format')
    .argument('<model>', 'model (.sgnw)')
    .requiredOption('--onnx <file>', 'ONNX: standard operators, float32, input (N, C, H, W) preprocessed')
    .option(
      '--exact',
      'write float convolutions tap by tap, so that every engine finds the same signs; larger and slower',
    )
    .action(async (modelPath: string, options: { onnx: string; exact?: boolean }) => {
      const { model } = await readModelFile(modelPath);
      const bytes = exportOnnx(model, { isExact: options.exact ?? false });
      await writeFileAtomic(options.onnx, bytes);
      printResult(`${options.onnx}: ${count(bytes.length)} bytes, ONNX`);
    });
}
