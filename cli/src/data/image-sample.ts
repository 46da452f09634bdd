import { describeSample, type ModelClasses, parseDataArgument, type RasterImage, sampleIndices } from '@signwave/data';
import { itemName, openDataset, readItem } from '@signwave/data/node';
import { type InputNode, SignwaveError } from '@signwave/format';
import { ImageNotes } from '../report/image-notes.js';
import { printNote, printWarning } from '../report/output.js';

export interface LabelledImage {
  readonly image: RasterImage;
  /** Class index, from 0. */
  readonly label: number;
  /** What to call the image in reports: a path or "image 17". */
  readonly name: string;
}

/** Images of a data set that a command works on: all, or a sample of them. */
export interface ImageSample {
  /** Of the data set. */
  readonly name: string;
  /** "20 of 100 images, evenly over 10 classes, seed 0" */
  readonly description: string;
  /** Images of the sample, those that can't be decoded included. */
  readonly count: number;
  /** Images of the data set. */
  readonly available: number;
  /** In class order. */
  readonly classNames: readonly string[];
  /** @returns undefined if the image can't be decoded, unless that is an error. */
  read(n: number): Promise<LabelledImage | undefined>;
  /**
   * Say which images couldn't be decoded, once all were read.
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
  /** Images at most, taken evenly over the set; absent: all. */
  readonly limit?: number | undefined;
  /** What the images are made the input of: what happens to them that their owner may not expect is said once. */
  readonly input?: InputNode;
  /** Whose classes the labels are to be; absent: the data set's own. */
  readonly model?: ModelClasses;
  /** An image that can't be decoded is an error; else it is left out. */
  readonly isStrict?: boolean;
}

const SHOWN = 5;

/**
 * Open the test images that an argument names, and say what is taken and what is left out.
 *
 * @param argument as {@link parseDataArgument} takes it.
 * @throws {SignwaveError} `E_DATA` if they are missing, empty, malformed, or their classes can't be told to be the model's.
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
