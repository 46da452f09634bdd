import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const PACKAGES = ['torch==2.15.0', 'numpy==2.3.4'];

/** Finds a Python with PyTorch, in an environment that is created the first time. */
export function pytorchPython() {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'signwave', 'pytorch');
  const python = join(folder, 'bin', 'python');
  // Written last; if it is missing, an installation was interrupted.
  const marker = join(folder, 'installed');
  if (existsSync(marker)) return python;
  console.error(`installing ${PACKAGES.join(' and ')} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES], { stdio: 'inherit' });
  writeFileSync(marker, PACKAGES.join(' '));
  return python;
}
