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
    .action(async (modelPath: string, options: { onnx: string }) => {
      const { model } = await readModelFile(modelPath);
      const bytes = exportOnnx(model);
      await writeFileAtomic(options.onnx, bytes);
      printResult(`${options.onnx}: ${count(bytes.length)} bytes, ONNX`);
    });
}
