import { type NotMeasured, parseReport, type Report } from './report.js';

/** What docs/gpu.md says of itself. */
const HEAD = `<!-- Written by trainer/scripts/write-gpu.mjs; do not edit. -->
# Training on a GPU, checked in a quarter of an hour

GPU machines are often lent for minutes, without network and with nothing installed but a driver. \`trainer/scripts/gpu-check.sh\` is one command for such a loan: it finds out whether the
trainer's WebGPU back end works there, whether it computes the same as a CPU, how fast it is and what it waits for, and it trains. Everything it needs is in a folder that is made beforehand.

## How to run it

\`\`\`sh
node trainer/scripts/gpu-bundle.mjs build/gpu-bundle CIFAR10_FOLDER     # here: Debian or Ubuntu on x86-64, with this repository
sh build/gpu-bundle/gpu-check.sh --out gpu-report --minutes 8           # there: the folder is all that has to be copied
node trainer/scripts/write-gpu.mjs gpu-report/report.json               # here again: puts the figures into this page
\`\`\`

The bundle has at most 60 MiB: the Node that makes it (without debug symbols and locale data), Dawn, which is WebGPU for Node, Debian's Vulkan loader and xz, the trainer, CIFAR-10's first
20,000 training and 2,000 test images, and what a training step on the CPU computes. \`manifest.json\` lists its files with SHA-256, origin and licence. CIFAR-10's images are for your own
use: don't pass a bundle on.

The machine needs Linux on x86-64, glibc 2.36 or later, and an NVIDIA driver with its Vulkan part (\`libGLX_nvidia.so.0\` or \`libEGL_nvidia.so.0\`; in a container
\`NVIDIA_DRIVER_CAPABILITIES=all\`). No root, no network, no Vulkan loader. If the driver's description for the loader (\`nvidia_icd.json\`) is missing, the check writes one of its own; what
else is missing it says. Any other Vulkan driver is used, too, if the loader finds it or \`VK_DRIVER_FILES\` names it.

The check takes at most 15 minutes, training for \`--minutes\` included; the other parts take what is left at most. Where a command may take less than that, ask for fewer minutes. \`--batches\` and \`--networks\` take
other batches and networks. Run from a checkout in which \`signwave setup tensorflow --gpu\` has built TensorFlow for CUDA (\`sh trainer/scripts/gpu-check.sh build/gpu-bundle\`), it measures that
back end, too.

## How to read the report

\`report.json\` has one entry for each part. A part that couldn't be measured has \`"measured": false\` and a reason, and doesn't stop the others: each runs in a process of its own. \`cut\` says why a part is incomplete.
The exit status is 0 if the step agrees, 1 if it doesn't or couldn't be made, 2 if nothing could be tried.

| part | what it is |
|---|---|
| \`drivers\`, \`adapter\` | how a Vulkan driver was looked for; the adapter, its limits, and whether it is software |
| \`step\` | a training step of ResNet-20 from the same seed on the same images as on the CPU: the loss, and for each parameter how far its gradient is from the CPU's (relative L2) |
| \`filterGradients\` | ways to compute the gradient of a convolution's filter, on layers of both networks: TensorFlow.js's own kernel (one thread for each weight), nine matrix products, and im2col with a product whose pixels are split (split-K), added up by atomics or afterwards. \`fastest\` is used for what follows |
| \`speed\` | images per second of training steps, and the first once more with TensorFlow.js's own filter gradient |
| \`kernels\` | where a step of ResNet-20 spends its time, by the device's clock. What \`msPerStep\` is above \`kernelMs\`, the device waited for JavaScript |
| \`training\` | ResNet-20 (BiPer, both stages), as many epochs as were expected to fit; the folder \`training\` has checkpoints, metrics and a report |
| \`tensorflow\` | the same step and speeds on TensorFlow's CUDA build |

When the trainer itself opens a GPU, it times TensorFlow.js's filter gradient and the split-K product on one layer, and takes the product if it is clearly faster.

## Figures
`;
/** @param json a report; undefined if no GPU has been checked yet. @throws {ValiError} if it isn't one. */
export function gpuDocument(json: unknown): string {
  const report = json === undefined ? undefined : parseReport(json);
  return `${HEAD}\n${figures(report)}\n`;
}

const ABSENT: NotMeasured = { measured: false, reason: 'no GPU has been checked yet' };

function figures(report: Report | undefined): string {
  const adapter = report?.adapter ?? ABSENT;
  const step = report?.step ?? ABSENT;
  const gradients = report?.filterGradients ?? ABSENT;
  const training = report?.training ?? ABSENT;
  const tensorflow = report?.tensorflow ?? ABSENT;
  const last = training.measured ? training.epochs.at(-1) : undefined;
  const rows: [string, string][] = [
    [
      'adapter',
      adapter.measured
        ? `${adapter.description || adapter.device}${adapter.isSoftware ? ' (software)' : ''}`
        : no(adapter),
    ],
    [
      'machine',
      report
        ? `${report.machine.nvidia ?? 'no nvidia-smi'}; ${report.machine.cores} x ${report.machine.cpu}, commit ${report.commit}`
        : no(ABSENT),
    ],
    [
      'step agrees with the CPU',
      step.measured ? `${step.agrees ? 'yes' : '**no**'}, gradients within ${step.worst.toExponential(1)}` : no(step),
    ],
    ['fastest filter gradient', gradients.measured ? gradients.fastest : no(gradients)],
    ...speedRows(report),
    [
      'training of ResNet-20',
      training.measured
        ? `${training.epochs.length} of ${training.plannedEpochs} epochs of ${training.images.toLocaleString('en-US')} images${last ? `: ${percent(last.testAccuracy)} of ${training.testImages.toLocaleString('en-US')} test images` : ''}`
        : no(training),
    ],
    [
      'TensorFlow, CUDA',
      tensorflow.measured
        ? tensorflow.speed.map(({ network, batch, ...it }) => `${network}, batch ${batch}: ${speedOf(it)}`).join('; ')
        : no(tensorflow),
    ],
  ];
  return `| | |\n|---|---|\n${rows.map(([what, value]) => `| ${what} | ${value} |`).join('\n')}${kernelTable(report)}`;
}

function speedRows(report: Report | undefined): [string, string][] {
  if (!report) {
    return ['ResNet-20', 'ResNet-18'].flatMap((network) =>
      [128, 256, 512].map((batch): [string, string] => [`${network}, batch ${batch}`, no(ABSENT)]),
    );
  }
  return report.speed.map(({ what, result }) => [what, result.measured ? speedOf(result) : no(result)]);
}

function kernelTable(report: Report | undefined): string {
  const kernels = report?.kernels ?? ABSENT;
  if (!kernels.measured) return `\n| kernels of a step | ${no(kernels)} |`;
  const head = `\n\nKernels of a step of \`${kernels.network}\`, batch ${kernels.batch}: ${ms(kernels.kernelMs)} of ${ms(kernels.msPerStep)}.\n\n| kernel | calls | time | share |\n|---|--:|--:|--:|\n`;
  return (
    head + kernels.top.map((it) => `| \`${it.name}\` | ${it.calls} | ${ms(it.ms)} | ${percent(it.share)} |`).join('\n')
  );
}

const no = ({ reason }: NotMeasured): string => `*not measured*: ${reason.split('\n')[0]!.replaceAll('|', '\\|')}`;
const ms = (value: number): string => `${value.toPrecision(3)} ms`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const speedOf = ({ imagesPerSecond, msPerStep }: { imagesPerSecond: number; msPerStep: number }): string =>
  `${imagesPerSecond.toFixed(0)} images/s (${ms(msPerStep)} a step)`;
