import { describeSample, type ModelClasses, parseDataArgument, type Remark, sampleIndices } from '@signwave/data';
import { itemName, openDataset, readItem } from '@signwave/data/node';
import { type InputNode, SignwaveError } from '@signwave/format';
import { ImageNotes, type ImageSample, tellUndecodable, type Undecodable } from '../index.js';
import { hashImages } from './hash-images.js';

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

/** A sample of a data set on this machine. */
export interface OpenedSample extends ImageSample {
  /** A SHA-256 that differs if the data set, its classes or the sample differ: {@link hashImages}. */
  hash(): Promise<string>;
}

/**
 * Opens the test images that an argument names, and reports which are used and which are skipped.
 *
 * @param argument as in {@link parseDataArgument}.
 * @throws {SignwaveError} `E_DATA` if they are missing, empty or malformed, or if their classes can't be matched to the model's.
 */
export async function openImageSample(argument: string, options: SampleOptions = {}): Promise<OpenedSample> {
  const { model, input, isStrict = false, onRemark = () => {} } = options;
  const dataset = await openDataset({ ...parseDataArgument(argument), part: 'test', ...(model && { model }) });
  const { images, name, classNames } = dataset;
  for (const remark of dataset.remarks) onRemark(remark);
  const indices = sampleIndices(images.labels, options.limit ?? images.count);
  const description = describeSample(images.labels, indices);
  if (indices.length < images.count) onRemark({ isWarning: false, text: `${name}: ${description}` });
  const undecodable: Undecodable[] = [];
  const notes = input && new ImageNotes(input, onRemark);
  const tryRead: ImageSample['tryRead'] = async (n) => {
    const index = indices[n]!;
    const title = itemName(images, index);
    try {
      const image = await readItem(images, index);
      notes?.look(image, title);
      return { index, image, label: images.labels[index]!, name: title };
    } catch (error) {
      if (isStrict || !(error instanceof SignwaveError && error.code === 'E_IMAGE')) throw error;
      const found = { index, name: title, reason: error.message };
      undecodable.push(found);
      return found;
    }
  };
  return {
    name,
    description,
    count: indices.length,
    available: images.count,
    classNames,
    tryRead,
    read: async (n) => {
      const item = await tryRead(n);
      return 'image' in item ? item : undefined;
    },
    end: () => tellUndecodable(name, indices.length, undecodable, onRemark),
    hash: () => hashImages(dataset, indices),
  };
}
