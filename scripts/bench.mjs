// `npm run bench`: the example model layer by layer, and beside ONNX Runtime Web, which is installed for it into bench/.
// Arguments are passed on to `signwave bench`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const MODEL = 'build/example.sgnw';

runNode(['scripts/setup.mjs']);
runNode(['scripts/build.mjs', '--only', 'wasm,cli']);
runNode(['bench/scripts/install.mjs']);
if (!existsSync(MODEL)) {
  mkdirSync('build', { recursive: true });
  const checkpoint = ['examples/biper-resnet20-cifar10.pth', '--labels', 'examples/labels.txt'];
  runNode(['cli/dist/signwave.mjs', 'convert', ...checkpoint, '-o', MODEL]);
}
runNode(['cli/dist/signwave.mjs', 'bench', MODEL, '--per-layer', '--peers', ...process.argv.slice(2)]);

function runNode(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
