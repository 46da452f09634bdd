import { describeSample, type ModelClasses, parseDataArgument, type Remark, sampleIndices } from '@signwave/data';
import { itemName, openDataset, readItem } from '@signwave/data/node';
import { type InputNode, SignwaveError } from '@signwave/format';
import { ImageNotes, type ImageSample, type Undecodable } from '../index.js';

export interface SampleOptions {
  /** Maximum number of images, which are taken evenly from the whole set; absent: all. */
  readonly limit?: number | undefined;
  /** The input that images are prepared for. If given, changes of images that their owner may not expect are reported once. */
  readonly input?: InputNode;
  /** The model whose classes the labels should be; absent: the data set's own. */
  readonly model?: ModelClasses;
  /** Whether an image that can't be decoded is an error; otherwise it is skipped. */
  readonly isStrict?: boolean;
  /** Is told what the owner of the images should know, as soon as it is known. */
  readonly onRemark?: (remark: Remark) => void;
}

const SHOWN = 5;

/**
 * Opens the test images that an argument names, and reports which are used and which are skipped.
 *
 * @param argument as in {@link parseDataArgument}.
 * @throws {SignwaveError} `E_DATA` if they are missing, empty or malformed, or if their classes can't be matched to the model's.
 */
export async function openImageSample(argument: string, options: SampleOptions = {}): Promise<ImageSample> {
  const { model, input, isStrict = false, onRemark = () => {} } = options;
  const note = (text: string): void => onRemark({ isWarning: false, text });
  const dataset = await openDataset({ ...parseDataArgument(argument), part: 'test', ...(model && { model }) });
  const { images, name, classNames } = dataset;
  for (const remark of dataset.remarks) onRemark(remark);
  const indices = sampleIndices(images.labels, options.limit ?? images.count);
  const description = describeSample(images.labels, indices);
  if (indices.length < images.count) note(`${name}: ${description}`);
  const undecodable: Undecodable[] = [];
  const notes = input && new ImageNotes(input, onRemark);
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
      onRemark({ isWarning: true, text: `${name}: ${what} and are left out:` });
      for (const { reason } of undecodable.slice(0, SHOWN)) note(`  ${reason}`);
      if (undecodable.length > SHOWN) note(`  and ${undecodable.length - SHOWN} more`);
      return undecodable;
    },
  };
}
