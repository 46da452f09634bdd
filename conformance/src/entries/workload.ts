// Converts every example checkpoint, decodes the images, and prints both as one JSON text: PROGRAM FOLDER_OF_MAINTAINERS_DATA.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { readImage } from '@signwave/data/node';
import { bytesSource, writeModel } from '@signwave/format';
import type { Workload } from '../digests.js';

interface Example {
  /** Path relative to the maintainers' data. */
  readonly checkpoint: string;
  readonly omega0?: number;
  readonly arch?: string;
  /** Name of a recipe, for architectures that have none; any will do here. */
  readonly preprocess?: string;
}

const EXAMPLES: readonly Example[] = [
  { checkpoint: 'biper-resnet20-cifar10/model_best.pth.tar', omega0: 20 },
  { checkpoint: 'biper-resnet20-1w32a-cifar10/model_best.pth.tar', omega0: 20, arch: 'resnet20_1w32a' },
  { checkpoint: 'biper-vgg-small-cifar10/model_best.pth.tar', omega0: 25 },
  { checkpoint: 'irnet-resnet20-cifar10/model.th', arch: 'irnet-resnet20_1w1a' },
  { checkpoint: 'rbnn-resnet20-cifar10/model_best.pth.tar', arch: 'rbnn-resnet20_1w1a' },
  { checkpoint: 'reste-resnet20-cifar10/model_best.pth.tar', arch: 'reste-resnet20_1w1a' },
  { checkpoint: 'adabin-resnet20-cifar10/model.th' },
  { checkpoint: 'xnornet-nin-cifar10/nin.pth.tar', preprocess: 'cifar10' },
];
const IMAGENET = { checkpoint: 'biper-resnet18-imagenet/model_best.pth.tar', omega0: 20 };
/** An image that is larger than the input, so that the recipe's resize and crop are tested. */
const PHOTOGRAPH = 'n02077923_sea_lion.JPEG';

const data = process.argv[2]!;
const pictures = ['airplane', 'cat', 'ship'].map((name) => {
  const folder = `examples/images/${name}`;
  return `${folder}/${readdirSync(folder).sort()[0]}`;
});
const models = [];
for (const example of EXAMPLES) models.push(await pack(example, pictures));
models.push(await pack(IMAGENET, [`${data}/checkpoints/biper-resnet18-imagenet/images/${PHOTOGRAPH}`]));
console.log(JSON.stringify({ models } satisfies Workload));

async function pack(
  { checkpoint, omega0, arch, preprocess }: Example,
  images: string[],
): Promise<Workload['models'][number]> {
  const bytes = readFileSync(`${data}/checkpoints/${checkpoint}`);
  const opened = await openCheckpoint(bytesSource(bytes, checkpoint));
  const { model } = await convertCheckpoint(opened, {
    writer: 'signwave',
    name: checkpoint.slice(0, checkpoint.indexOf('/')),
    sourceSha256: createHash('sha256').update(bytes).digest('hex'),
    ...(omega0 !== undefined && { omega0 }),
    ...(arch !== undefined && { arch }),
    ...(preprocess !== undefined && { preprocess }),
  });
  const decoded = await Promise.all(images.map((path) => readImage(path)));
  return {
    name: model.info.name,
    bytes: base64(writeModel(model)),
    images: decoded.map(({ data, ...image }) => ({ ...image, data: base64(data) })),
  };
}

function base64(bytes: Uint8Array | Uint8ClampedArray): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
