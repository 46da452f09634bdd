import { type Command, Option } from 'commander';
import { printNote, printResult } from '../report/output.js';

interface Options {
  readonly gpu?: boolean;
  readonly cpu?: boolean;
  readonly remove?: boolean;
}

export function registerSetup(program: Command): void {
  program
    .command('setup')
    .description('build what is optional for training')
    .command('tensorflow')
    .description('the back end tensorflow: TensorFlow’s wheel from PyPI and an addon compiled for it (Linux)')
    .addOption(
      new Option('--gpu', 'with CUDA, for an NVIDIA card; default where nvidia-smi shows one').conflicts('cpu'),
    )
    .option('--cpu', 'without CUDA')
    .option('--remove', 'take everything back that this command made')
    .action(async ({ gpu, cpu, remove }: Options) => {
      // Loaded here, so that other commands don't pay for the trainer.
      const { removeTensorflow, setupTensorflow } = await import('@signwave/trainer');
      if (remove) {
        await removeTensorflow({ log: printNote });
        return;
      }
      const device = await setupTensorflow({ device: gpu ? 'gpu' : cpu ? 'cpu' : undefined, log: printNote });
      printResult(`ready: ${device}`);
    });
}
