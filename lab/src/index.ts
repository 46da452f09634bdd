export { measureSmaller, type SmallerEffect, smallerVariants } from './calibration.js';
export { Comparison, compareModels, type LayerComparison, type NamedModel } from './comparison.js';
export type { Mistake } from './confusion.js';
export { evaluateOn, runImages, subjectOf } from './evaluate.js';
export { type Evaluation, type EvaluationSubject, type Outcome, Tally } from './evaluation.js';
export { ImageNotes } from './image-notes.js';
export {
  type ImageSample,
  type Images,
  type LabelledImage,
  tellUndecodable,
  type Undecodable,
  type UndecodableImage,
} from './image-sample.js';
export { inContext } from './in-context.js';
export { type Contestant, type Timing, type TimingOptions, timeInterleaved } from './interleave.js';
export { type Layer, type ModelSummary, summarize } from './model-summary.js';
export { decodeNpy, encodeNpy, type NpyArray, type NpyExpectation, type NpyType } from './npy.js';
export type { OnProgress } from './progress.js';
export { ANSWERS, type Answer, type AnswerKind, errorAnswer } from './requests/answer.js';
export { type AnswerOptions, answerLines } from './requests/answer-lines.js';
export { type Request, RequestError } from './requests/request.js';
export { SetupError } from './requests/setup-error.js';
export { everyNth, linesOfShard, parseShard, type Shard } from './requests/shard.js';
export { type Line, lineOf, splitLines } from './requests/split-lines.js';
export { noiseImages, randomFloats, randomInput, randomInputs } from './seeded-inputs.js';
export { argMax, wilsonInterval } from './statistics.js';
export { EXPECTED_TYPES, ExpectedOutputs, type ExpectedVerdict } from './verify/expected-outputs.js';
export { compareOutputs } from './verify/output-difference.js';
export { compareSteps, type RecordedStep, type StepsVerdict, type StepVerdict } from './verify/recorded-steps.js';
export { describeSignDifference, type SignDifference } from './verify/sign-difference.js';
export { type Disagreement, SourceAgreement } from './verify/source-agreement.js';
export { type LayerVerdict, Verification } from './verify/verification.js';
export {
  type Check,
  loadBuilds,
  type VerifyInputs,
  type VerifyOptions,
  type VerifyResult,
  verifyModel,
} from './verify/verify.js';
