import {
  type DataFormat,
  type Dataset,
  describeClipping,
  describeSample,
  type ImageSet,
  listNames,
  sampleIndices,
  takeImages,
} from '@signwave/data';
import { openDataset, scanImages, type Undecodable } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';

/** The data set to open, as a config describes it. */
export interface DataSource {
  readonly format: DataFormat;
  readonly folder: string;
  /** SHA-256 of the files, by name. */
  readonly sha256: Readonly<Record<string, string>>;
  /** Take this many images, spread evenly over the set. Default: all. */
  readonly trainImages?: number | undefined;
  readonly testImages?: number | undefined;
  /** Side of the square that image files are scaled to, in pixels. */
  readonly side: number;
}

/** A data set for training: two sets of images and what they have in common. */
export interface TrainingData {
  readonly name: string;
  /** In class order. */
  readonly classNames: readonly string[];
  readonly train: ImageSet;
  readonly test: ImageSet;
  /** Size of the network's input. */
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

export interface OpenOptions {
  /** Whether to refuse a data set with images that can't be decoded; otherwise they are left out. */
  readonly isStrict: boolean;
  /** Gets lines for the user, such as which images are taken or left out. */
  readonly log: (line: string) => void;
  /** Called while image files are decoded for the first time, to check them. */
  readonly scan: (done: number, total: number) => void;
}

const SHOWN = 5;

/**
 * Open both parts of a data set. Sets in memory are read and checked in full. Image files are all decoded once, so that none of them can
 * end the training later.
 *
 * @throws {SignwaveError} `E_DATA` if the set is missing or malformed, or a file's checksum isn't the config's; `E_IMAGE` for an image that
 *   can't be decoded, if `isStrict`.
 */
export async function openData(source: DataSource, options: OpenOptions): Promise<TrainingData> {
  const { format, folder, sha256: checksums } = source;
  const [train, test] = [
    await openDataset({ format, folder, part: 'train', checksums }),
    await openDataset({ format, folder, part: 'test', checksums }),
  ];
  verifySameClasses(folder, train.classNames, test.classNames);
  for (const { isWarning, text } of [...train.remarks, ...test.remarks]) {
    options.log(isWarning ? `warning: ${text}` : text);
  }
  const sets = {
    train: takeSample(train, source.trainImages, options),
    test: takeSample(test, source.testImages, options),
  };
  const data: TrainingData = {
    name: train.name,
    classNames: train.classNames,
    ...(await withoutUndecodable(sets, options)),
    ...shapeOf(sets.train, source.side),
  };
  if (data.train.count < 2 || data.test.count < 1) {
    throw new SignwaveError(
      'E_DATA',
      `${folder} has ${data.train.count} images for training and ${data.test.count} for testing, expected at least 2 and 1`,
    );
  }
  return data;
}

function verifySameClasses(folder: string, train: readonly string[], test: readonly string[]): void {
  const onlyIn = (a: readonly string[], b: readonly string[]): string[] => a.filter((name) => !b.includes(name));
  const [trainOnly, testOnly] = [onlyIn(train, test), onlyIn(test, train)];
  if (trainOnly.length + testOnly.length === 0) return;
  const parts = [
    ...(trainOnly.length > 0 ? [`only for training there are ${trainOnly.join(', ')}`] : []),
    ...(testOnly.length > 0 ? [`only for testing there are ${testOnly.join(', ')}`] : []),
  ];
  throw new SignwaveError(
    'E_DATA',
    `${folder}: both parts have to have the same classes, but ${parts.join(', and ')}; add the folders that are missing, or remove the others`,
  );
}

function takeSample({ name, images }: Dataset, count: number | undefined, { log }: OpenOptions): ImageSet {
  if (count === undefined || count >= images.count) return images;
  const indices = sampleIndices(images.labels, count);
  log(`${name}: ${describeSample(images.labels, indices)}`);
  return takeImages(images, indices);
}

async function withoutUndecodable<T extends Record<string, ImageSet>>(sets: T, options: OpenOptions): Promise<T> {
  const total = Object.values(sets).reduce((sum, set) => sum + (set.kind === 'files' ? set.count : 0), 0);
  let before = 0;
  const clean: [string, ImageSet][] = [];
  const bad: Undecodable[] = [];
  for (const [part, set] of Object.entries(sets)) {
    const { undecodable, clipped } = await scanImages(set, (done) => options.scan(before + done, total));
    before += set.count;
    for (const image of undecodable) bad.push(image);
    if (clipped !== undefined) options.log(`warning: ${part}: ${describeClipping(clipped)}`);
    const indices = new Set(undecodable.map(({ index }) => index));
    const kept = Array.from({ length: set.count }, (_, index) => index).filter((index) => !indices.has(index));
    clean.push([part, undecodable.length === 0 ? set : takeImages(set, kept)]);
  }
  if (bad.length > 0) {
    const what = `${bad.length} of ${total} images can't be decoded`;
    if (options.isStrict) {
      throw new SignwaveError('E_IMAGE', `${what}: ${listNames(bad.map(({ reason }) => reason))}`);
    }
    options.log(`warning: ${what} and are left out:`);
    for (const { reason } of bad.slice(0, SHOWN)) options.log(`  ${reason}`);
    if (bad.length > SHOWN) options.log(`  and ${bad.length - SHOWN} more`);
  }
  return Object.fromEntries(clean) as T;
}

function shapeOf(set: ImageSet, side: number): Pick<TrainingData, 'height' | 'width' | 'channels'> {
  if (set.kind === 'files') return { height: side, width: side, channels: 3 };
  return { height: set.height, width: set.width, channels: set.channels };
}
