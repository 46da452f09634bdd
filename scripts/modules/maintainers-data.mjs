// Checkpoints, images and logits that only the maintainers have: CONTRIBUTING.md, "Data beside the repository".
import { fileURLToPath } from 'node:url';

/** The folder with a slash at its end, whether it is there or not. Nothing else names it. */
export const MAINTAINERS_DATA = fileURLToPath(new URL('../../../shared/', import.meta.url));
