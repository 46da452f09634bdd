import { crossEntropy, distillationLoss, labelTargets } from './layers/losses.js';
import { offTape } from './layers/off-tape.js';
import type { Optimizer } from './optimizer/index.js';
import type { Network, Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Tf } from './types.js';

/** Learning from a trained network in addition to the labels. */
export interface Distillation {
  /** A network for the same images and classes. It is only evaluated, not trained. */
  readonly teacher: Network;
  /** Softens the probabilities of both networks; 1 leaves them as they are. */
  readonly temperature: number;
  /** Weight of the teacher in the loss, 0 to 1; the labels have the rest. */
  readonly weight: number;
}

export interface TrainStepOptions {
  readonly tf: Tf;
  readonly network: Network;
  readonly optimizer: Pick<Optimizer, 'step'>;
  /** (N, H, W, C), preprocessed. The step doesn't dispose of them. */
  readonly images: Tensor4D;
  /** (N), int32. The step doesn't dispose of them. */
  readonly labels: Tensor1D;
  readonly learningRate: number;
  /** Weight of the method's own loss; 0 for none. */
  readonly tau: number;
  /** Default 0. */
  readonly labelSmoothing?: number;
  readonly distillation?: Distillation;
  /** The teacher's logits (N, classes) for these images, if they are known; it isn't evaluated then. The step doesn't dispose of them. */
  readonly teacherLogits?: Tensor2D;
}

export interface StepResult {
  /** What was minimised: the cross entropy, mixed with the teacher's if there is one, plus tau times the method's own loss. */
  readonly loss: number;
  /** The loss without the method's. */
  readonly crossEntropy: number;
  /** The method's loss without tau; 0 if tau is 0. */
  readonly regulariser: number;
  /** Number of images whose largest logit was that of their label, before the step. */
  readonly correct: number;
}

/** One step, all in one `tf.tidy`. Reading the four numbers at the end also waits for the back end to finish. */
export async function trainStep(options: TrainStepOptions): Promise<StepResult> {
  const { tf, network, optimizer, learningRate } = options;
  const report = tf.tidy(() => {
    let kept: Tensor | undefined;
    const { value, grads } = tf.variableGrads(
      () => {
        const parts = lossOf(options);
        kept = tf.keep(tf.stack([parts.crossEntropy, parts.regulariser, parts.correct]));
        return parts.loss;
      },
      network.parameters.map(({ variable }) => variable),
    );
    optimizer.step(grads, learningRate);
    network.afterStep();
    const all = tf.concat([tf.reshape(value, [1]), kept!]);
    kept!.dispose();
    return all;
  });
  const [loss, crossEntropy, regulariser, correct] = (await report.data()) as unknown as [
    number,
    number,
    number,
    number,
  ];
  report.dispose();
  return { loss, crossEntropy, regulariser, correct };
}

interface Losses {
  readonly loss: Scalar;
  readonly crossEntropy: Scalar;
  readonly regulariser: Scalar;
  readonly correct: Scalar;
}

function lossOf(options: TrainStepOptions): Losses {
  const { tf, network, images, labels, tau, labelSmoothing = 0, distillation } = options;
  const logits = network.forward(images, true);
  const targets = labelTargets(tf, labels, network.classes, labelSmoothing);
  const ofLabels = crossEntropy(tf, logits, targets);
  const teacher = distillation && taughtBy(options, distillation);
  const task = teacher ? withTeacher(tf, logits, ofLabels, teacher.logits, distillation) : ofLabels;
  const regulariser = tau === 0 ? tf.scalar(0) : network.regulariser({ logits, labels, teacher: teacher?.features });
  const loss = tau === 0 ? task : (tf.add(task, tf.mul(regulariser, tau)) as Scalar);
  const hits = tf.equal(tf.argMax(logits, 1), labels);
  return { loss, crossEntropy: task, regulariser, correct: tf.sum(tf.cast(hits, 'float32')) as Scalar };
}

interface Taught {
  readonly logits: Tensor2D;
  readonly features: ReadonlyMap<string, Tensor>;
}

/** Known logits, or the teacher's forward pass, in the mode that the student's method asks for. */
function taughtBy({ tf, network, images, teacherLogits }: TrainStepOptions, { teacher }: Distillation): Taught {
  if (teacherLogits) return { logits: teacherLogits, features: new Map() };
  const { teacherMode } = network;
  const logits = offTape(tf, () => teacher.forward(images, teacherMode === 'training'));
  return { logits, features: teacher.features };
}

function withTeacher(
  tf: Tf,
  logits: Tensor2D,
  ofLabels: Scalar,
  taught: Tensor2D,
  { temperature, weight }: Distillation,
): Scalar {
  if (weight === 0) return ofLabels;
  const ofTeacher = distillationLoss(tf, logits, taught, temperature);
  return tf.add(tf.mul(ofLabels, 1 - weight), tf.mul(ofTeacher, weight));
}
