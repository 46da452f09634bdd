// `npm run bench`: installs the peers into bench/, converts the networks, then bundles and runs bench/src. `npm run bench -- --help` prints
// the options, which bench/options.mjs defines.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readOptions, USAGE } from '../bench/options.mjs';
import { outputChange } from '../bench/output-change.mjs';
import { bundleForNode } from './modules/bundle-for-node.mjs';
import { MAINTAINERS_DATA } from './modules/maintainers-data.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** @typedef {{ network: string, classes: number, images: string[] }} Changes which network's outputs change, and what this is measured on */
/** @typedef {{ id: string, title: string, checkpoint: string, options?: string[], hasFloatActivations?: boolean, changes?: Changes }} NetworkEntry */

const OUTPUT = 'build/bench';
const IMAGENET = `${MAINTAINERS_DATA}checkpoints/biper-resnet18-imagenet`;
/**
 * The networks to measure. The first one is also run in batches.
 *
 * @type {NetworkEntry[]}
 */
const NETWORKS = [
  {
    id: 'resnet20-cifar10',
    title: 'BiPer ResNet-20, CIFAR-10',
    checkpoint: 'examples/signwave-cifar10-resnet20.safetensors',
  },
  {
    id: 'resnet18-imagenet',
    title: 'BiPer ResNet-18, ImageNet',
    checkpoint: `${IMAGENET}/model_best.pth.tar`,
  },
  {
    id: 'resnet18-imagenet-i16',
    title: 'BiPer ResNet-18, ImageNet, `--stem i16`',
    checkpoint: `${IMAGENET}/model_best.pth.tar`,
    options: ['--stem', 'i16'],
    // This option changes outputs; how much is measured by comparing with the network that doesn't have it.
    changes: { network: 'resnet18-imagenet', classes: 1000, images: [`${IMAGENET}/images`, 'examples/images'] },
  },
  {
    id: 'resnet20-1w32a-cifar10',
    title: 'BiPer ResNet-20 1W/32A, CIFAR-10',
    checkpoint: `${MAINTAINERS_DATA}checkpoints/biper-resnet20-1w32a-cifar10/model_best.pth.tar`,
    options: ['--arch', 'resnet20_1w32a'],
    hasFloatActivations: true,
  },
];

const read = readOptions(process.argv.slice(2));
if ('help' in read) {
  console.log(USAGE);
  process.exit(0);
}
const wrong = 'problem' in read ? read.problem : unknownNetwork(read.options.networks);
if ('problem' in read || wrong !== undefined) {
  console.error(`${wrong}\nnpm run bench -- --help lists the options`);
  process.exit(2);
}
const chosen = read.options;

runNode(['scripts/setup.mjs']);
runNode(['scripts/build.mjs', '--only', 'wasm,cli']);
if (!chosen.documents) runNode(['bench/scripts/install.mjs']);
mkdirSync(OUTPUT, { recursive: true });
if (!chosen.documents && chosen.shapes.length === 0)
  writeFileSync(`${OUTPUT}/networks.json`, JSON.stringify(NETWORKS.flatMap(convert)));
await bundleForNode(['bench/src/main.ts', 'bench/src/start-once.ts'], {
  outdir: OUTPUT,
  external: ['onnxruntime-*', '@tensorflow/*', 'echarts'],
});
runNode([`${OUTPUT}/main.mjs`, ...process.argv.slice(2)]);

/** @param {string[]} ids */
function unknownNetwork(ids) {
  const known = NETWORKS.map(({ id }) => id);
  const unknown = ids.find((id) => !known.includes(id));
  return unknown === undefined ? undefined : `--network takes one of ${known.join(', ')}, not ${unknown}`;
}

/**
 * @param {NetworkEntry} network
 * @returns a `NetworkFile` of bench/src/measure/networks.ts; nothing if the checkpoint is missing.
 */
function convert({ id, title, checkpoint, options = [], hasFloatActivations, changes }) {
  if (!existsSync(checkpoint)) {
    console.error(`${title} is left out: ${checkpoint} is not here`);
    return [];
  }
  const path = pathOf(id);
  runNode(['cli/dist/signwave.mjs', 'convert', checkpoint, ...options, '-o', path], 'ignore');
  return [{ id, title, path, hasFloatActivations, outputChange: changes && measureChange(path, changes) }];
}

/**
 * @param {string} path
 * @param {Changes} changes
 */
function measureChange(path, { network, classes, images }) {
  const files = images.flatMap(imagesIn);
  /** @param {string} model */
  const outputsOf = (model) =>
    JSON.parse(runNode(['cli/dist/signwave.mjs', 'run', model, ...files, '--top', `${classes}`, '--json'], 'pipe'));
  return { of: network, ...outputChange(outputsOf(pathOf(network)), outputsOf(path)) };
}

/** @param {string} folder */
function imagesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(png|jpe?g)$/i.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** @param {string} id */
function pathOf(id) {
  return `${OUTPUT}/${id}.sgnw`;
}

/**
 * @param {string[]} args
 * @param {'inherit' | 'ignore' | 'pipe'} [stdout]
 * @returns what the program printed, if stdout is `pipe`.
 */
function runNode(args, stdout = 'inherit') {
  const { status, stdout: printed } = spawnSync(process.execPath, args, {
    stdio: ['ignore', stdout, 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) process.exit(status ?? 1);
  return printed;
}
