import { homedir } from 'node:os';
import { SignwaveError } from '@signwave/format';

/** `~` or `~/...`, alone or after something that hides it from a shell: `FORMAT:`, `--option=`, `-o`. */
const HOME = /^(--[\w-]+=|-\w)?([\w-]+:)?~(?=$|[/\\])/;

/**
 * Replaces a `~` that the shell has left by the home folder: in `cifar10:~/data`, in `--labels=~/labels.txt`, in quotes, on Windows, in a
 * file. `./~` still is a file with this name.
 *
 * @returns the text unchanged if it has no such `~`; `~other` isn't expanded.
 * @throws {SignwaveError} `E_USAGE` if this user has no home folder.
 */
export function expandHome(text: string): string {
  return text.replace(HOME, (_, option = '', format = '') => `${option}${format}${homeFolder()}`);
}

function homeFolder(): string {
  try {
    return homedir();
  } catch (cause) {
    throw new SignwaveError('E_USAGE', 'there is no home folder to put in the place of "~"; write the path in full', {
      cause,
    });
  }
}
