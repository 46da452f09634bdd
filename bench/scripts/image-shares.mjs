// Measures what an answer to a photograph is made of: reading or fetching its bytes, decoding, resizing, the network. Prints JSON with the
// machine, for photographs of 500 x 375 and of 1920 x 1080 pixels, that are made of those in --images.
//
//   node bench/scripts/image-shares.mjs --model MODEL.sgnw [--images FOLDER] [--rounds 3]
//
// The model has the size of ImageNet's, such as `signwave convert` makes of the maintainers' BiPer ResNet-18. Objects are fetched from a server
// on this machine, if SIGNWAVE_S3_SERVER names one (CONTRIBUTING.md): of `object`, `cpuMs` is what signwave spends, and `wallMs` has the server's time, too.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { importSource } from '../../scripts/modules/import-source.mjs';
import { MAINTAINERS_DATA } from '../../scripts/modules/maintainers-data.mjs';
import { parseOptions } from '../../scripts/modules/parse-options.mjs';

const SIZES = [
  { width: 500, height: 375 },
  { width: 1920, height: 1080 },
];

const parsed = parseOptions(process.argv.slice(2), {
  model: { type: 'string' },
  images: { type: 'string', default: `${MAINTAINERS_DATA}checkpoints/biper-resnet18-imagenet/images` },
  rounds: { type: 'string', default: '3' },
});
const values = 'values' in parsed ? parsed.values : undefined;
const rounds = Number(values?.rounds);
if (!values?.model || !Number.isSafeInteger(rounds) || rounds < 1) {
  const problem =
    'problem' in parsed ? parsed.problem : 'expected --model MODEL.sgnw and, if wanted, --rounds of 1 or more';
  console.error(`bench/scripts/image-shares.mjs: ${problem}`);
  process.exit(2);
}
const [modelPath, source] = [resolve(values.model), resolve(values.images)];
process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

const { measureImageShares } = await importSource('bench/src/image-shares.ts');
const { describeDevice } = await importSource('lab/src/node/device.ts');
const folder = mkdtempSync(join(tmpdir(), 'signwave-photographs-'));
try {
  const sizes = [];
  for (const size of SIZES) {
    const photographs = await makePhotographs(size);
    const objects = await startObjects(photographs);
    const shares = await measureImageShares(modelPath, objects?.photographs ?? photographs, rounds);
    await objects?.stop();
    const bytes = photographs.map(({ path }) => readFileSync(path).length);
    const meanBytes = Math.round(bytes.reduce((sum, it) => sum + it, 0) / bytes.length);
    sizes.push({ ...size, photographs: photographs.length, meanBytes, ...shares });
  }
  console.log(JSON.stringify({ machine: describeDevice(), node: process.version, rounds, sizes }, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Scales each photograph of the folder, cut to the shape that is wanted.
 *
 * @param {{ width: number, height: number }} size
 */
async function makePhotographs({ width, height }) {
  const names = readdirSync(source).filter((name) => /\.jpe?g$/i.test(name));
  if (names.length === 0) throw new Error(`${source} has no JPEG files`);
  const photographs = [];
  for (const name of names) {
    const path = join(folder, `${width}-${name}`);
    writeFileSync(path, await sharp(join(source, name)).resize(width, height).jpeg({ quality: 90 }).toBuffer());
    photographs.push({ path });
  }
  return photographs;
}

/**
 * Starts a server that has the photographs as objects, and lets this process read them.
 *
 * @param {{ path: string }[]} photographs
 */
async function startObjects(photographs) {
  const { BUCKET, ObjectServer } = await importSource('test/objects/object-server.ts');
  const { VERSITY } = await importSource('test/objects/versity.ts');
  const program = process.env[VERSITY.variable];
  if (!program) {
    console.error(`no objects are fetched: ${VERSITY.variable} is not set`);
    return undefined;
  }
  const objects = new Map(photographs.map(({ path }) => [path, readFileSync(path)]));
  const server = await ObjectServer.start(VERSITY, program, objects);
  Object.assign(process.env, server.environment());
  return {
    photographs: photographs.map(({ path }) => ({ path, url: `s3://${BUCKET}/${path}` })),
    stop: () => server.stop(),
  };
}
