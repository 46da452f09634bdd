// `npm run bench`: signwave beside other engines, layer by layer and whole networks, in one process and in interleaved rounds.
// Installs the peers into bench/, bundles bench/src and runs it.
//
//   npm run bench -- [--peers none|web|all] [--rounds N] [--shapes FILE]... [--ablations] [--write]
//
//   --peers   web (default): ONNX Runtime Web and TensorFlow.js; all: also native ONNX Runtime and, where there is a Python for it, larq
//             compute engine, for which a Python environment is made in the user's cache folder
//   --shapes  only the layers of these files; as those in bench/shapes
//   --ablations  only what each part of the runtime brings; with --write the rest of bench/results.json stays as it is
//   --write   write bench/results.json and what is made of it, README.md, docs/performance.md and the chart, instead of
//             build/bench/results.json. For an otherwise idle machine
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const OUTPUT = 'build/bench';
/** The first one is also run in batches. */
const NETWORKS = [
  {
    id: 'resnet20-cifar10',
    title: 'BiPer ResNet-20, CIFAR-10',
    checkpoint: 'examples/signwave-cifar10-resnet20.safetensors',
  },
  {
    id: 'resnet18-imagenet',
    title: 'BiPer ResNet-18, ImageNet',
    checkpoint: '../shared/checkpoints/biper-resnet18-imagenet/model_best.pth.tar',
  },
  {
    id: 'resnet18-imagenet-i16',
    title: 'BiPer ResNet-18, ImageNet, `--stem i16`',
    checkpoint: '../shared/checkpoints/biper-resnet18-imagenet/model_best.pth.tar',
    options: ['--stem', 'i16'],
  },
  {
    id: 'resnet20-1w32a-cifar10',
    title: 'BiPer ResNet-20 1W/32A, CIFAR-10',
    checkpoint: '../shared/checkpoints/biper-resnet20-1w32a-cifar10/model_best.pth.tar',
    options: ['--arch', 'resnet20_1w32a'],
    hasFloatActivations: true,
  },
];

runNode(['scripts/setup.mjs']);
runNode(['scripts/build.mjs', '--only', 'wasm,cli']);
runNode(['bench/scripts/install.mjs']);
mkdirSync(OUTPUT, { recursive: true });
writeFileSync(`${OUTPUT}/networks.json`, JSON.stringify(NETWORKS.flatMap(convert)));
await build({
  entryPoints: ['bench/src/main.ts', 'bench/src/start-once.ts'],
  outdir: OUTPUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['signwave:source', 'module'],
  external: ['onnxruntime-*', '@tensorflow/*', 'echarts'],
  logLevel: 'warning',
});
runNode([`${OUTPUT}/main.mjs`, ...process.argv.slice(2)]);

/** @returns what bench/src/measure/networks.ts calls a NetworkFile; nothing if the checkpoint isn't here. */
function convert({ id, title, checkpoint, options = [], hasFloatActivations }) {
  if (!existsSync(checkpoint)) {
    console.error(`${title} is left out: ${checkpoint} is not here`);
    return [];
  }
  const path = `${OUTPUT}/${id}.sgnw`;
  runNode(['cli/dist/signwave.mjs', 'convert', checkpoint, ...options, '-o', path], 'ignore');
  return [{ id, title, path, hasFloatActivations }];
}

function runNode(args, stdout = 'inherit') {
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', stdout, 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}
