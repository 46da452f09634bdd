import * as v from 'valibot';

// The report of a check. A part that couldn't be measured says why.

const NOT_MEASURED = v.object({ measured: v.literal(false), reason: v.string() });
const FINITE = v.pipe(v.number(), v.finite());
const POSITIVE = v.pipe(FINITE, v.gtValue(0));

/** A part of the report: its entries, or why there are none. `cut` says why it is incomplete. */
function part<const Entries extends v.ObjectEntries>(entries: Entries) {
  const measured = v.object({ measured: v.literal(true), seconds: FINITE, cut: v.optional(v.string()), ...entries });
  return v.variant('measured', [measured, NOT_MEASURED]);
}

const STEP = part({
  images: POSITIVE,
  loss: FINITE,
  expectedLoss: FINITE,
  /** Relative L2 distance of each parameter's gradient to that of the back end `cpu`; of tiny ones relative to a share of the whole. */
  gradients: v.record(v.string(), FINITE),
  worst: FINITE,
  agrees: v.boolean(),
});

const SPEED = {
  network: v.string(),
  batch: POSITIVE,
  steps: POSITIVE,
  /** Median. */
  msPerStep: POSITIVE,
  imagesPerSecond: POSITIVE,
};

export const REPORT = v.object({
  schema: v.literal(1),
  commit: v.string(),
  /** ISO 8601. */
  started: v.string(),
  seconds: FINITE,
  minutes: POSITIVE,
  machine: v.object({
    cpu: v.string(),
    cores: POSITIVE,
    memoryGiB: POSITIVE,
    kernel: v.string(),
    node: v.string(),
    /** What `nvidia-smi` says; null if it isn't there. */
    nvidia: v.nullable(v.string()),
  }),
  /** The ways of finding a Vulkan driver that were tried, in this order; the last is the one that is used. */
  drivers: v.array(v.object({ what: v.string(), problem: v.nullable(v.string()) })),
  adapter: part({
    vendor: v.string(),
    architecture: v.string(),
    device: v.string(),
    description: v.string(),
    isSoftware: v.boolean(),
    hasTimestamps: v.boolean(),
    features: v.array(v.string()),
    limits: v.record(v.string(), FINITE),
  }),
  step: STEP,
  filterGradients: part({
    batch: POSITIVE,
    layers: v.array(
      v.object({
        layer: v.string(),
        variants: v.record(v.string(), part({ ms: POSITIVE, error: FINITE, agrees: v.boolean() })),
      }),
    ),
    /** The one that takes least time over all layers, of those that agree with `cpu` everywhere. */
    fastest: v.string(),
  }),
  speed: v.array(v.object({ what: v.string(), result: part({ ...SPEED, filterGradient: v.string() }) })),
  kernels: part({
    network: v.string(),
    batch: POSITIVE,
    /** Of a step without timers. */
    msPerStep: POSITIVE,
    /** All kernels together; the rest of a step is what the device waits for the CPU. */
    kernelMs: POSITIVE,
    top: v.array(v.object({ name: v.string(), calls: POSITIVE, ms: FINITE, share: FINITE })),
  }),
  training: part({
    network: v.string(),
    batch: POSITIVE,
    images: POSITIVE,
    testImages: POSITIVE,
    plannedEpochs: POSITIVE,
    steps: FINITE,
    isComplete: v.boolean(),
    epochs: v.array(
      v.object({ stage: v.string(), epoch: FINITE, trainLoss: FINITE, testAccuracy: FINITE, imagesPerSecond: FINITE }),
    ),
    /** In the folder of the report. */
    checkpoint: v.string(),
  }),
  tensorflow: part({ device: v.string(), isGpu: v.boolean(), step: STEP, speed: v.array(v.object(SPEED)) }),
});

export type Report = v.InferOutput<typeof REPORT>;
export type NotMeasured = v.InferOutput<typeof NOT_MEASURED>;
type Measured<Part> = Extract<Part, { measured: true }>;
/** What a stage finds out; time and the rest are added by the one who runs it. */
export type Findings<Part> = Omit<Measured<Part>, 'measured' | 'seconds' | 'cut'>;
export type StepFindings = Findings<Report['step']>;
export type SpeedFindings = Findings<Report['tensorflow']>['speed'][number];

export const notMeasured = (reason: string): NotMeasured => ({ measured: false, reason });

/** @throws {ValiError} naming the first entry that isn't as it should be. */
export function parseReport(json: unknown): Report {
  return v.parse(REPORT, json, { abortEarly: true });
}
