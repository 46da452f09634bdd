import type { SourceTie, TieCause } from '@signwave/convert';
import { count } from './output.js';

const CAUSES: Readonly<Record<TieCause, string>> = {
  mean: 'means of clipped values or of signs',
  sum: 'sums of signs',
  clip: 'values clipped there',
  bytes: 'bytes of the image',
};

const KEPT: Readonly<Record<SourceTie['kept'], string>> = {
  folded: 'folded into constants',
  twice: 'the layer is computed twice, with +1 and with -1 for 0, and the mean is exact',
  threeValued: 'its signs have three values, which is slow',
};

/** Lines about inputs that lie exactly at a sign's threshold where the source's sign gives 0, as far as that is known without any image. */
export function tieLines(ties: readonly SourceTie[]): string[] {
  const folded = ties.filter(({ kept }) => kept === 'folded');
  const channels = folded.reduce((sum, { constant }) => sum + constant, 0);
  const lines = ties
    .filter(({ kept }) => kept !== 'folded')
    .map(({ layer, constant, frequent, cause, kept }) => {
      const always = constant > 0 ? [`${constant} always`] : [];
      const sometimes = frequent > 0 ? [`${frequent} for some pixels (${CAUSES[cause!]})`] : [];
      return `${layer}: input channels exactly at the threshold, where the source's sign gives 0: ${[...always, ...sometimes].join(', ')}; ${KEPT[kept]}`;
    });
  if (folded.length > 0) {
    lines.unshift(
      `${count(channels)} input channels of ${folded.length} ${folded.length === 1 ? 'layer' : 'layers'} are always exactly at the threshold (dead channels), where the source's sign gives 0: ${KEPT.folded}`,
    );
  }
  return lines;
}
