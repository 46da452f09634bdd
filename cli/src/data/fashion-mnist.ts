import type { Dataset } from './datasets.js';

/**
 * The test images of Fashion-MNIST: gray, 28 x 28 pixels. All are held in memory (8 MB).
 *
 * @throws {SignwaveError} `E_DATA` if a file is missing or malformed, the counts differ, or a label is above 9.
 */
export async function openFashionMnist(folder: string): Promise<Dataset> {
  // Loaded here, so that no other data set pays for it.
  const { openFashionMnistTest } = await import('@signwave/trainer');
  const { classNames, images } = await openFashionMnistTest(folder);
  const { count, height, width, pixels, labels } = images;
  return {
    name: 'Fashion-MNIST test images',
    count,
    classNames,
    read: async (index) => {
      const data = Uint8Array.from(pixels.subarray(index * height * width, (index + 1) * height * width));
      return { image: { width, height, channels: 1, data }, label: labels[index]!, name: `image ${index}` };
    },
  };
}
