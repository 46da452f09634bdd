import { smallerWeightsOf } from '@signwave/convert';
import type { Graph, Model as ModelFile } from '@signwave/format';
import { load, type Model } from '@signwave/runtime';
import type { OnProgress } from '../progress.js';
import type { ExpectedOutputs, ExpectedVerdict } from './expected-outputs.js';
import { SourceAgreement } from './source-agreement.js';
import { type LayerVerdict, Verification } from './verification.js';

/** Something that was checked, and whether it is right. */
export interface Check {
  readonly name: string;
  readonly isOk: boolean;
  readonly detail: string;
}

/** What a model is verified on. */
export interface VerifyInputs {
  /** What messages call them. */
  readonly name: string;
  readonly count: number;
  /** @returns bytes or preprocessed floats (H, W, C); undefined if the image can't be decoded. */
  read(index: number): Promise<Uint8Array | Float32Array | undefined>;
  end(): void;
}

export interface VerifyOptions {
  /** The network as it was trained, to compare outputs with: `unfolded` of a conversion. */
  readonly source?: Graph | undefined;
  /** Outputs that another program computed for the same inputs. */
  readonly expected?: ExpectedOutputs | undefined;
  readonly onProgress?: OnProgress;
}

/** The result of comparing a model with its reference. */
export interface VerifyResult {
  /** Number of inputs that were compared. */
  readonly images: number;
  readonly checks: readonly Check[];
  readonly layers: readonly LayerVerdict[];
  /** Number of inputs of signs exactly at a threshold, for which the source network's sign gives another value. */
  readonly ties: number;
  readonly expected?: ExpectedVerdict;
}

/** Share of the images whose first class may change because of a value within rounding of its threshold. */
const FLIPPED_PART = 0.005;

/**
 * Loads a model with each build of the kernels that runs here, and with two threads if threads can be used.
 *
 * @throws {SignwaveError} as `load`.
 */
export async function loadBuilds(bytes: Uint8Array, name: string): Promise<Readonly<Record<string, Model>>> {
  const model = await load(bytes, { name });
  const shared = await load(bytes, { name, threads: 2 });
  return {
    [model.info().kernels]: model,
    // If the engine has no SIMD, this replaces the entry above.
    scalar: await load(bytes, { name, kernels: 'scalar' }),
    ...(shared.info().threads > 1 && { [`${shared.info().kernels}, 2 threads`]: shared }),
  };
}

/** Compares each build of a model with the reference and, if they are given, with its source network and with expected outputs. */
export async function verifyModel(
  file: ModelFile,
  models: Readonly<Record<string, Model>>,
  inputs: VerifyInputs,
  { source, expected, onProgress = () => {} }: VerifyOptions = {},
): Promise<VerifyResult> {
  const verification = new Verification(file, models);
  const agreement = source && new SourceAgreement(source, file.graph);
  let images = 0;
  for (let n = 0; n < inputs.count; n++) {
    const input = await inputs.read(n);
    if (input) {
      images++;
      const maps = verification.check(input);
      agreement?.check(input, maps);
      expected?.check(n, maps.at(-1)!.data);
    }
    onProgress(n + 1, inputs.count);
  }
  inputs.end();
  const { layers } = verification;
  const checks = Object.keys(models).map((name) => kernelsCheck(name, verification, images, inputs.name));
  if (agreement) checks.push(agreementCheck(agreement, file.graph));
  if (expected) checks.push(expectedCheck(expected.verdict));
  return {
    images,
    checks,
    layers,
    ties: layers.reduce((sum, layer) => sum + layer.ties, 0),
    ...(expected && { expected: expected.verdict }),
  };
}

function kernelsCheck(name: string, verification: Verification, images: number, source: string): Check {
  const { layers } = verification;
  const bits = layers.reduce((sum, layer) => sum + layer.bits, 0);
  const differing = layers.reduce((sum, layer) => sum + layer.differing[name]!, 0);
  const { wrong, largest, allowed, size } = verification.outputs[name]!;
  return {
    name: `${name} kernels against the reference`,
    isOk: differing === 0 && wrong === 0,
    detail:
      `${grouped(differing)} of ${grouped(bits)} bits differ, ${wrong} of ${images} outputs (${source})` +
      (allowed > 0
        ? `; bits of outputs aren't fixed: up to ${size.toExponential(1)} they differ by ${largest.toExponential(1)} at most, ` +
          `and may by ${allowed.toExponential(1)}`
        : ''),
  };
}

/**
 * Checks the images on which the packed model and its source disagree. Each must be explained by a value next to a threshold, and the first
 * class may change on few of them. Differences because weights are stored in smaller types aren't failures, since the user asked for that.
 */
function agreementCheck(agreement: SourceAgreement, graph: Graph): Check {
  const { images, sameTop1, maxDifference, zeros, disagreements } = agreement;
  const isChanged = Object.keys(smallerWeightsOf(graph)).length > 0;
  const wrong = disagreements.filter(({ isNearTie }) => !isNearTie);
  const flipped = disagreements.filter(({ isNearTie, isSameTop1 }) => isNearTie && !isSameTop1);
  const at = wrong[0]?.layer === undefined ? '' : `, first at ${wrong[0].layer}`;
  return {
    name: 'agreement with the network as trained',
    isOk: isChanged || (wrong.length === 0 && flipped.length <= Math.ceil(FLIPPED_PART * images)),
    detail: [
      `same first class on ${sameTop1} of ${images}, largest difference of an output ${maxDifference.toExponential(1)}`,
      ...(zeros > 0 ? [`${grouped(zeros)} of its signs are 0`] : []),
      ...(isChanged
        ? ['some of its weights are stored smaller']
        : wrong.length > 0
          ? [
              `outputs on ${wrong.length} differ by more than roundings, with no value next to a threshold to explain it${at}`,
            ]
          : disagreements.length > 0
            ? [`outputs on ${disagreements.length} differ since a value lay within a rounding of its threshold`]
            : []),
    ].join('; '),
  };
}

function expectedCheck({ isOk, images, sameTop1, within, tolerance, largestDifference }: ExpectedVerdict): Check {
  return {
    name: 'outputs as expected',
    isOk,
    detail:
      `same first class on ${sameTop1} of ${images}; ${within} of ${images} within ${tolerance} of the largest output, ` +
      `largest difference ${largestDifference.toExponential(1)} of it`,
  };
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
