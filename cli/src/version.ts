import packageJson from '../package.json' with { type: 'json' };

export const VERSION: string = packageJson.version;

/** The writer that `convert` records in a model. */
export const WRITER = `signwave ${VERSION}`;
