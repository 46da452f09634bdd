import { type Graph, SignwaveError, tensorOf, tensorValues } from '@signwave/format';

/**
 * Checks that what was computed of a checkpoint's finite numbers is finite, too: a scale of 3e38 times another one isn't, and no file can hold it.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_TENSOR`
 */
export function checkFinite({ nodes, tensors }: Graph, sourceName: string): void {
  tensors.forEach((tensor, index) => {
    if (tensor.dtype !== 'f32') return;
    const found = tensorValues(tensor).find((value) => !Number.isFinite(value));
    if (found === undefined) return;
    // Batch norms and scales have no names of their own; what they follow has.
    let node = nodes.find((it) => tensorOf(it) === index);
    while (node && node.name === undefined && node.inputs.length > 0) node = nodes[node.inputs[0]!];
    throw new SignwaveError(
      'E_CHECKPOINT_TENSOR',
      `${sourceName}: the numbers of ${node?.name ?? 'the input'} and of what follows it are finite, but give ${found} where they are multiplied, which a model can't hold. ` +
        'Training diverged, or the file is damaged: take an earlier checkpoint.',
    );
  });
}
