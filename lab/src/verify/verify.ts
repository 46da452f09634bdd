import { smallerWeightsOf } from '@signwave/convert';
import type { Graph, Model as ModelFile } from '@signwave/format';
import { load, type Model } from '@signwave/runtime';
import type { OnProgress } from '../progress.js';
import type { ExpectedOutputs, ExpectedVerdict } from './expected-outputs.js';
import { SourceAgreement } from './source-agreement.js';
import { type LayerVerdict, Verification } from './verification.js';

/** A thing that was looked at, and whether it is as it should be. */
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
  /** @returns bytes or preprocessed floats (H, W, C); undefined for an image that can't be decoded. */
  read(index: number): Promise<Uint8Array | Float32Array | undefined>;
  end(): void;
}

export interface VerifyOptions {
  /** The network as it was trained, to compare outputs with: `unfolded` of a conversion. */
  readonly source?: Graph | undefined;
  /** Outputs that somebody else computed for the same inputs. */
  readonly expected?: ExpectedOutputs | undefined;
  readonly onProgress?: OnProgress;
}

/** What came out of running a model beside its reference. */
export interface VerifyResult {
  /** Inputs that were compared. */
  readonly images: number;
  readonly checks: readonly Check[];
  readonly layers: readonly LayerVerdict[];
  /** Inputs of signs exactly at a threshold, where the source network's sign gives another value. */
  readonly ties: number;
  readonly expected?: ExpectedVerdict;
}

/** Part of the images on which a value within a rounding of its threshold may change the first class. */
const FLIPPED_PART = 0.005;

/** A model by each build of the kernels that runs here, and with two threads where there are threads. @throws {SignwaveError} as `load`. */
export async function loadBuilds(bytes: Uint8Array, name: string): Promise<Readonly<Record<string, Model>>> {
  const model = await load(bytes, { name });
  const shared = await load(bytes, { name, threads: 2 });
  return {
    [model.info().kernels]: model,
    // One entry where the engine has no SIMD.
    scalar: await load(bytes, { name, kernels: 'scalar' }),
    ...(shared.info().threads > 1 && { [`${shared.info().kernels}, 2 threads`]: shared }),
  };
}

/** Run a model in each of its builds, in the reference, and, if they are there, compare with its source and with outputs from elsewhere. */
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
  const { layers, differingOutputs } = verification;
  const bits = layers.reduce((sum, layer) => sum + layer.bits, 0);
  const differing = layers.reduce((sum, layer) => sum + layer.differing[name]!, 0);
  const outputs = differingOutputs[name]!;
  return {
    name: `${name} kernels against the reference`,
    isOk: differing === 0 && outputs === 0,
    detail: `${grouped(differing)} of ${grouped(bits)} bits differ, ${outputs} of ${images} outputs (${source})`,
  };
}

/**
 * Images on which the packed model says something else than its source have to be explained by a value next to a threshold, and few of these may have another
 * first class. Weights stored smaller were asked for: no failure.
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
