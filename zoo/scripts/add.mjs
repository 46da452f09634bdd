// Adds a model to the zoo, or replaces the one that has its name: packs a checkpoint of `signwave train`, verifies it, runs the packed model
// and the trained network on the whole test set, compares their classes image by image, and writes the file, its config, models.json
// and README.md. Nothing is written if they differ. After `node scripts/build.mjs --only wasm,cli`.
//
//   node zoo/scripts/add.mjs CHECKPOINT --name NAME --config CONFIG.json --data FOLDER [--licence MIT] [--untimed]
//
// --untimed is for a busy machine: zoo/scripts/time.mjs times models later.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { importSource } from '../../scripts/modules/import-source.mjs';
import { differingImages, firstClasses } from './compare-outputs.mjs';
import { DATA_SETS } from './data-sets.mjs';
import { signwave, timeOf } from './signwave.mjs';
import { MAX_BYTES, readList, writeList } from './zoo-files.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: 'string' },
    config: { type: 'string' },
    data: { type: 'string' },
    licence: { type: 'string', default: 'MIT' },
    untimed: { type: 'boolean', default: false },
  },
});
const [checkpoint, configPath, folder] = [positionals[0], values.config, values.data].map((it) => it && resolve(it));
const { name = '', licence } = values;
if (!checkpoint || !configPath || !folder || !/^[a-z0-9-]+$/.test(name)) {
  console.error(
    'usage: node zoo/scripts/add.mjs CHECKPOINT --name NAME --config CONFIG.json --data FOLDER [--untimed]',
  );
  process.exit(2);
}
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const written = readWritten(configPath);
/** @type {typeof import('./trained-outputs.mjs')} */
const { trainedOutputs } = await importSource('zoo/scripts/trained-outputs.mjs');
/** @type {typeof import('../../lab/src/node/npy-file.ts')} */
const { readNpy } = await importSource('lab/src/node/npy-file.ts');

// On wasm, which every machine has and which gives the same bits each time.
const request = { checkpoint, config: configPath, folder };
const trained = await trainedOutputs({ ...request, backend: 'wasm' }).catch(({ message }) => fail(message));
const { config, labels } = trained;
const images = labels.length;
const { format } = config.data;
const { task, ...set } = DATA_SETS[format] ?? fail(`zoo/scripts/data-sets.mjs says nothing about ${format}`);
const data = `${format}:${folder}`;

mkdirSync('build/zoo', { recursive: true });
const [packedPath, labelsPath, logitsPath] = ['sgnw', 'txt', 'npy'].map((it) => `build/zoo/${name}.${it}`);
writeFileSync(labelsPath, `${trained.classNames.join('\n')}\n`);
signwave(['convert', checkpoint, '-o', packedPath, '--name', name, '--licence', licence, '--labels', labelsPath]);
signwave(['verify', packedPath, '--checkpoint', checkpoint, '--images', data]);
const evaluation = JSON.parse(signwave(['eval', packedPath, data, '--logits', logitsPath, '--json']));
if (evaluation.images !== images) fail(`${evaluation.images} images were evaluated, but the test set has ${images}`);
const packed = (await readNpy(logitsPath, { types: ['<f4'], shape: [images, null] })).data;
const ties = await tiesAmong(differingImages(packed, trained.logits, images));
const bytes = readFileSync(packedPath);
const others = readList().filter((it) => it.name !== name);
const total = others.reduce((sum, it) => sum + it.bytes, bytes.length);
if (total > MAX_BYTES) fail(`the zoo would have ${total} bytes, at most ${MAX_BYTES} are wanted`);
const time = values.untimed ? undefined : timeOf(packedPath);

const [file, zooConfig] = [`models/${name}.sgnw`, `configs/${name}.json`];
copyFileSync(packedPath, `zoo/${file}`);
writeFileSync(`zoo/${zooConfig}`, `${JSON.stringify(withoutPlaces(), null, 2)}\n`);
writeList([
  ...others,
  {
    name,
    task,
    data: { format, ...set },
    architecture: config.architecture,
    method: config.method,
    epochs: Object.values(config.stages).reduce((sum, { epochs, firstEpoch }) => sum + epochs - firstEpoch, 0),
    file,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    images,
    hits: evaluation.top1,
    trained: { hits: hitsOf(trained.logits), ties, accuracyInTraining: trained.accuracyThen },
    ...(time && { time }),
    licence,
    config: zooConfig,
    commands: [
      `signwave train zoo/${zooConfig} --data DIR`,
      `node zoo/scripts/add.mjs runs/${name}/best.safetensors --name ${name} --config zoo/${zooConfig} --data DIR`,
    ],
  },
]);
console.log(`${name}: ${evaluation.top1} of ${images} packed, ${hitsOf(trained.logits)} as trained, ${ties} ties`);
console.log('node scripts/build.mjs --only cli puts it into the command line');

/**
 * Counts images whose class the trained network itself changes when floats are added in another order, as back end cpu does. Any other
 * difference ends this program.
 *
 * @param {number[]} only numbers of the images for which the packed model has another class
 */
async function tiesAmong(only) {
  if (only.length === 0) return 0;
  const again = await trainedOutputs({ ...request, backend: 'cpu', only });
  const classes = packed.length / images;
  const ofPacked = Float32Array.from(only.flatMap((n) => [...packed.subarray(n * classes, (n + 1) * classes)]));
  const different = differingImages(ofPacked, again.logits, only.length).map((i) => only[i]);
  if (different.length > 0) fail(`other classes than the trained network's for the images ${different.join(', ')}`);
  return only.length;
}

/** @param {Float32Array} logits */
function hitsOf(logits) {
  return firstClasses(logits, images).filter((it, n) => it === labels[n]).length;
}

/** @param {string} path of a config, which has no comments here: they would be lost */
function readWritten(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return fail(`${path} is no JSON without comments: ${/** @type {Error} */ (error).message}`);
  }
}

/** The config as written, with places that mean something to others. */
function withoutPlaces() {
  const place = { ...written.data, folder: `data/${format}` };
  const { $schema: _, ...settings } = written;
  return { $schema: '../../trainer/config.schema.json', ...settings, data: place, output: `runs/${name}` };
}

/**
 * @param {string} reason
 * @returns {never}
 */
function fail(reason) {
  console.error(`${name} isn't added: ${reason}`);
  process.exit(1);
}
