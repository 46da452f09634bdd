import { isProgram } from '@signwave/lab/node';
import { printNote } from './report/output.js';

/** Says so if what `--arch` names is run: whoever got the file from somebody else should know. */
export function announceProgram(arch: string | undefined): void {
  if (arch !== undefined && isProgram(arch)) {
    printNote(
      `${arch} is a program and is run, with all that you may do; .json describes a network without running anything`,
    );
  }
}
