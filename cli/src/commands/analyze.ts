import { dirname, join } from 'node:path';
import type { Checkpoint, PartOptions } from '@signwave/convert';
import { writeFileAtomic } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { openCheckpointFile, readBiperConfig } from '@signwave/lab/node';
import type { LayerStatistics } from '@signwave/trainer';
import { type Command, Option } from 'commander';
import { jsonOption, positiveNumber, prefixOption, stateDictOption } from '../arguments.js';
import { refuseOverwriting } from '../output-guard.js';
import type { Analysis } from '../report/analysis-html.js';
import { count, printJson, printNote, printResult } from '../report/output.js';
import { table } from '../report/table.js';

interface Options extends PartOptions {
  readonly omega0?: number;
  readonly config?: string;
  readonly json?: boolean;
  readonly report?: string;
}

export function registerAnalyze(program: Command): void {
  program
    .command('analyze')
    .description('quantization error of a BiPer checkpoint, layer by layer')
    .argument('<checkpoint>', 'checkpoint, of either stage of the training')
    .addOption(new Option('--omega0 <x>', 'frequency; default: as for convert').argParser(positiveNumber))
    .option('--config <file>', 'take omega0 from this config.txt')
    .addOption(stateDictOption())
    .addOption(prefixOption())
    .option('--report <file>', 'write tables and charts as an HTML page')
    .addOption(jsonOption())
    .action(analyze);
}

async function analyze(path: string, options: Options): Promise<void> {
  const { checkpoint, sources, close } = await openCheckpointFile(path, options);
  try {
    await refuseOverwriting({
      outputs: { '--report': options.report },
      inputs: {
        'the checkpoint': sources.map(({ name }) => name),
        'its config.txt': join(dirname(path), 'config.txt'),
        '--config': options.config,
      },
    });
    const config = options.omega0 === undefined ? await readBiperConfig(path, checkpoint, options.config) : undefined;
    const omega0 = options.omega0 ?? config?.omega0;
    if (omega0 === undefined) {
      throw new SignwaveError(
        'E_OMEGA0',
        `neither the metadata of ${path} nor a config.txt beside it say omega0. Give it: --omega0 20, or --config config.txt`,
      );
    }
    const { latentWeightStatistics, latentWeightTotals } = await import('@signwave/trainer');
    const layers: LayerStatistics[] = [];
    for (const name of binaryLayers(checkpoint)) {
      const weights = await checkpoint.tensors.get(`${name}.weight`)!.readF32();
      checkFinite(weights, `${path}: tensor "${name}.weight"`);
      layers.push({ name, ...latentWeightStatistics(weights, omega0) });
    }
    const omega0From = config?.path ?? '--omega0';
    const analysis = { checkpoint: path, omega0, omega0From, layers, totals: latentWeightTotals(layers) };
    if (options.report !== undefined) {
      const { analysisHtml } = await import('../report/analysis-html.js');
      await writeFileAtomic(options.report, new TextEncoder().encode(await analysisHtml(analysis)));
      printNote(`report: ${options.report}`);
    }
    if (options.json) printJson(analysis);
    else printAnalysis(analysis);
  } finally {
    await close();
  }
}

/** Names of BiPer's binary convolutions: the modules that have latent weights and a learned scale, `alpha`. */
function binaryLayers({ tensors, sourceName }: Checkpoint): string[] {
  const names = [...tensors.keys()]
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.slice(0, -'.weight'.length))
    .filter((name) => tensors.has(`${name}.alpha`) && tensors.get(`${name}.weight`)!.sizeBytes > 0);
  if (names.length > 0) return names;
  throw new SignwaveError(
    'E_CHECKPOINT_ARCH',
    `${sourceName} has no binary layers of BiPer: none of its ${tensors.size} tensors is a .weight with an .alpha beside it`,
  );
}

function checkFinite(weights: Float32Array, what: string): void {
  const bad = weights.findIndex((w) => !Number.isFinite(w));
  if (bad < 0) return;
  throw new SignwaveError(
    'E_CHECKPOINT_TENSOR',
    `${what} holds ${weights[bad]} at element ${bad}: the training diverged`,
  );
}

function printAnalysis({ checkpoint, omega0, omega0From, layers, totals }: Analysis): void {
  printResult([`${checkpoint}: omega0 = ${omega0} (${omega0From})`, '']);
  const numbers = ['weights', 'b', 'omega0 b', 'gamma', 'QE', 'Laplace QE', 'authors’ QE'];
  printResult(
    table(
      [{ title: 'binary layer' }, ...numbers.map((title) => ({ title, align: 'right' as const }))],
      layers.map((layer) => [
        layer.name,
        count(layer.weights),
        layer.b.toFixed(5),
        layer.omega0B.toFixed(4),
        layer.gamma.toFixed(4),
        layer.quantizationError.toFixed(5),
        layer.laplaceQuantizationError.toFixed(5),
        layer.authorsQuantizationError.toFixed(4),
      ]),
      [
        'mean of layers',
        count(totals.weights),
        totals.meanB.toFixed(5),
        (omega0 * totals.meanB).toFixed(4),
        '',
        totals.meanQuantizationError.toFixed(5),
        '',
        (totals.authorsQuantizationError / totals.layers).toFixed(4),
      ],
    ),
  );
  printResult([
    '',
    `as the authors' script sums over layers: QE ${totals.authorsQuantizationError.toFixed(4)}, b ${totals.authorsB.toFixed(4)}`,
  ]);
}
