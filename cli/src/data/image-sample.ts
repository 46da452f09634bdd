import { describeSample, type ModelClasses, parseDataArgument, type RasterImage, sampleIndices } from '@signwave/data';
import { itemName, openDataset, readItem } from '@signwave/data/node';
import { type InputNode, SignwaveError } from '@signwave/format';
import { ImageNotes } from '../report/image-notes.js';
import { printNote, printWarning } from '../report/output.js';

export interface LabelledImage {
  readonly image: RasterImage;
  /** Class index, from 0. */
  readonly label: number;
  /** The image's name in reports: a path or "image 17". */
  readonly name: string;
}

/** The images of a data set that a command works on: all of them, or a sample. */
export interface ImageSample {
  /** Name of the data set. */
  readonly name: string;
  /** "20 of 100 images, evenly over 10 classes, seed 0" */
  readonly description: string;
  /** Number of images in the sample, including those that can't be decoded. */
  readonly count: number;
  /** Number of images in the data set. */
  readonly available: number;
  /** In class order. */
  readonly classNames: readonly string[];
  /** @returns undefined if the image can't be decoded and that isn't an error. */
  read(n: number): Promise<LabelledImage | undefined>;
  /**
   * Says which images couldn't be decoded, after all have been read.
   *
   * @throws {SignwaveError} `E_IMAGE` if none could.
   */
  end(): readonly Undecodable[];
}

export interface Undecodable {
  readonly name: string;
  readonly reason: string;
}

export interface SampleOptions {
  /** Greatest number of images, taken evenly over the set; absent: all. */
  readonly limit?: number | undefined;
  /** The input that images are prepared for. What this does to them and their owner may not expect is then reported once. */
  readonly input?: InputNode;
  /** The model whose classes the labels should be; absent: the data set's own. */
  readonly model?: ModelClasses;
  /** Whether an image that can't be decoded is an error; otherwise it is left out. */
  readonly isStrict?: boolean;
}

const SHOWN = 5;

/**
 * Opens the test images that an argument names, and says which are taken and which are left out.
 *
 * @param argument as in {@link parseDataArgument}.
 * @throws {SignwaveError} `E_DATA` if they are missing, empty or malformed, or if it can't be told which of the model's classes theirs are.
 */
export async function openImageSample(argument: string, options: SampleOptions = {}): Promise<ImageSample> {
  const { model, input, isStrict = false } = options;
  const dataset = await openDataset({ ...parseDataArgument(argument), part: 'test', ...(model && { model }) });
  const { images, name, classNames } = dataset;
  for (const { isWarning, text } of dataset.remarks) (isWarning ? printWarning : printNote)(text);
  const indices = sampleIndices(images.labels, options.limit ?? images.count);
  const description = describeSample(images.labels, indices);
  if (indices.length < images.count) printNote(`${name}: ${description}`);
  const undecodable: Undecodable[] = [];
  const notes = input && new ImageNotes(input);
  return {
    name,
    description,
    count: indices.length,
    available: images.count,
    classNames,
    read: async (n) => {
      const index = indices[n]!;
      const title = itemName(images, index);
      try {
        const image = await readItem(images, index);
        notes?.look(image, title);
        return { image, label: images.labels[index]!, name: title };
      } catch (error) {
        if (isStrict || !(error instanceof SignwaveError && error.code === 'E_IMAGE')) throw error;
        undecodable.push({ name: title, reason: error.message });
        return undefined;
      }
    },
    end: () => {
      if (undecodable.length === 0) return [];
      const what = `${undecodable.length} of ${indices.length} images can't be decoded`;
      if (undecodable.length === indices.length) {
        throw new SignwaveError('E_IMAGE', `${name}: ${what}; the first: ${undecodable[0]!.reason}`);
      }
      printWarning(`${name}: ${what} and are left out:`);
      for (const { reason } of undecodable.slice(0, SHOWN)) printNote(`  ${reason}`);
      if (undecodable.length > SHOWN) printNote(`  and ${undecodable.length - SHOWN} more`);
      return undecodable;
    },
  };
}
