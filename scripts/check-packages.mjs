// Look at each package as npm would publish it: does package.json name files that are there (publint), do its types fit
// its modules (attw), and does the runtime work in a folder that has nothing else in it? Needs `npm run build`.
//
//   node scripts/check-packages.mjs
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const LIBRARIES = ['format', 'reference', 'convert', 'runtime'];
const shell = process.platform === 'win32';

for (const folder of [...LIBRARIES, 'cli']) await lint(folder);
for (const folder of LIBRARIES) checkTypes(folder);
runAlone();

async function lint(folder) {
  const { messages } = await publint({ pkgDir: folder, strict: true });
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  for (const message of messages) console.error(`${folder}: ${formatMessage(message, manifest)}`);
  note(folder, 'publint', messages.length === 0);
}

function checkTypes(folder) {
  const args = ['attw', '--pack', folder, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii'];
  const { status, stdout, stderr } = spawnSync('npx', args, { encoding: 'utf8', shell });
  if (status !== 0) console.error(stdout + stderr);
  note(folder, 'attw', status === 0);
}

/** The packed runtime, unpacked where no other package can be found, loads the golden model and runs it. */
function runAlone() {
  const folder = mkdtempSync(join(tmpdir(), 'signwave-package-'));
  try {
    const packed = execFileSync('npm', ['pack', './runtime', '--pack-destination', folder, '--json'], { shell });
    execFileSync('tar', ['-xf', JSON.parse(packed)[0].filename], { cwd: folder });
    const script = `
      import { readFileSync } from 'node:fs';
      import { load } from './package/dist/index.js';
      const model = await load(readFileSync(process.argv[2]));
      const { height, width, channels } = model.input;
      console.log(model.run(new Float32Array(height * width * channels)).length);
    `;
    writeFileSync(join(folder, 'alone.mjs'), script);
    const golden = join(process.cwd(), 'format/test/golden/v1.0.sgnw');
    const { status, stderr } = spawnSync(process.execPath, ['alone.mjs', golden], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) console.error(stderr);
    note('runtime', 'runs alone', status === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function note(folder, check, isOk) {
  console.log(`${isOk ? 'ok    ' : 'FAILED'} ${folder.padEnd(10)} ${check}`);
  if (!isOk) process.exitCode = 1;
}
