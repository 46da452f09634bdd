import packageJson from '../package.json' with { type: 'json' };

export const VERSION: string = packageJson.version;

/** What `convert` writes into a model as its writer. */
export const WRITER = `signwave ${VERSION}`;
