import {
  agreesWithTrained,
  type Checkpoint,
  convertCheckpoint,
  describeRecipe,
  integerStem,
  type PartOptions,
  type SourceTie,
  smallerWeightsOf,
  trainedFacts,
  withSmallerWeights,
} from '@signwave/convert';
import {
  type Graph,
  type InputNode,
  type InputRecipe,
  isIntegerConv,
  type Model as ModelFile,
  writeModel,
} from '@signwave/format';
import { openCheckpointFile } from '../data/checkpoint-file.js';
import { sha256 } from '../files.js';
import { readArch } from '../network-file.js';

/** Something that was checked, and whether it is as it should be. */
export interface Check {
  readonly name: string;
  readonly isOk: boolean;
  readonly detail: string;
}

/** Converts the checkpoint again, with what the file says, and compares the results. */
export async function compareCheckpoint(
  path: string,
  options: PartOptions & { readonly arch?: string },
  file: ModelFile,
  bytes: Uint8Array,
): Promise<{ unfolded: Graph; ties: readonly SourceTie[]; checks: Check[] }> {
  const { info, graph } = file;
  const { checkpoint, sources, close } = await openCheckpointFile(path, options);
  try {
    const digest = await sha256(sources);
    const isIntegerStem = graph.nodes.some((node) => isIntegerConv(graph, node));
    const { model, unfolded, ties } = await convertCheckpoint(checkpoint, {
      writer: info.writer,
      arch: await readArch(options.arch ?? `${info.method}-${info.architecture}`),
      ...(info.omega0 !== undefined && { omega0: info.omega0 }),
      // Whoever converted it may have insisted; here only the bytes are compared.
      override: true,
    });
    // Recipe, labels and names are the user's choice; the weights, and what is computed with them, come from the checkpoint.
    const smaller = withSmallerWeights(model.graph, smallerWeightsOf(graph));
    const converted = isIntegerStem ? integerStem(smaller) : smaller;
    const again = writeModel({
      info,
      graph: { ...converted, nodes: [graph.nodes[0]!, ...converted.nodes.slice(1)] },
    });
    const isSame = again.length === bytes.length && again.every((byte, i) => byte === bytes[i]);
    return {
      // The recipe of a 16-bit stem is not the network's own.
      unfolded: isIntegerStem ? unfolded : { ...unfolded, nodes: [graph.nodes[0]!, ...unfolded.nodes.slice(1)] },
      ties,
      checks: [
        {
          name: 'made from this checkpoint',
          isOk: info.sourceSha256 === undefined || info.sourceSha256 === digest,
          detail: `SHA-256 ${digest.slice(0, 16)}...${info.sourceSha256 === digest ? '' : `, the file says ${info.sourceSha256 ?? 'nothing'}`}`,
        },
        ...(isIntegerStem ? [] : recipeCheck(checkpoint, (graph.nodes[0] as InputNode).recipe)),
        { name: 'converting it again', isOk: isSame, detail: isSame ? 'gives the same bytes' : 'gives other bytes' },
      ],
    };
  } finally {
    await close();
  }
}

/** Checks the recipe: with other floats than the network was trained on, every bit would be right and every answer wrong. */
function recipeCheck(checkpoint: Checkpoint, recipe: InputRecipe | undefined): Check[] {
  const trained = trainedFacts(checkpoint)?.input.recipe;
  if (!trained || !recipe) return [];
  const isOk = agreesWithTrained(trained, recipe);
  const detail = isOk
    ? 'that of the training'
    : `${describeRecipe(recipe)}; it was trained with ${describeRecipe(trained)}: convert it again`;
  return [{ name: 'input recipe', isOk, detail }];
}
