/** How one training image is shown: shifted by (dy, dx) pixels over black, each -cropPadding to cropPadding, then mirrored or not. */
export interface View {
  readonly dy: number;
  readonly dx: number;
  readonly flip: boolean;
}

/** Number of views of an image: 162 for a padding of 4. Mirrored ones count whether training mirrors or not. */
export function viewsPerImage(cropPadding: number): number {
  return 2 * (2 * cropPadding + 1) ** 2;
}

/** Numbers the views of all images of a set, from 0. @param index of the image in the set. */
export function viewNumber(cropPadding: number, index: number, { dy, dx, flip }: View): number {
  const shift = (dy + cropPadding) * (2 * cropPadding + 1) + dx + cropPadding;
  return index * viewsPerImage(cropPadding) + 2 * shift + (flip ? 1 : 0);
}
