import { describeClipping, type RasterImage, type Remark, resizedSize } from '@signwave/data';
import type { InputNode } from '@signwave/format';

/** Tells the owner of images about changes they may not expect, such as clipping, once for each kind of change. */
export class ImageNotes {
  readonly #input: InputNode;
  readonly #onRemark: (remark: Remark) => void;
  readonly #said = new Set<'resized' | 'clipped'>();

  constructor(input: InputNode, onRemark: (remark: Remark) => void) {
    this.#input = input;
    this.#onRemark = onRemark;
  }

  /**
   * @param image as it was read from a file or an array.
   * @param name what messages call the image, such as its path.
   */
  look(image: RasterImage & { readonly isClipped?: boolean }, name: string): void {
    const { recipe, height, width } = this.#input;
    if (image.isClipped && this.#isNew('clipped')) {
      this.#onRemark({ isWarning: true, text: describeClipping(name) });
    }
    if (recipe && !recipe.resize && (image.width !== width || image.height !== height) && this.#isNew('resized')) {
      const resized = resizedSize(image, recipe, height, width);
      this.#onRemark({
        isWarning: false,
        text:
          `${name} is ${image.width} x ${image.height} pixels: resized to ${resized.width} x ${resized.height} and ` +
          `cropped to ${width} x ${height}, as every image of another size, since the model's recipe names no resize`,
      });
    }
  }

  #isNew(kind: 'resized' | 'clipped'): boolean {
    const isNew = !this.#said.has(kind);
    this.#said.add(kind);
    return isNew;
  }
}
