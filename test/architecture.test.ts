import { posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { readText, repositoryFiles } from './source-files.js';

/** What each package may import besides its own files. Dependencies point one way. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  format: ['flatbuffers'],
  data: ['@signwave/format', 'fast-png', 'pickleparser', 'sharp'],
  reference: ['@signwave/format'],
  convert: ['@signwave/format', '@signwave/reference', 'fflate'],
  // All are bundled: a test below keeps its `dependencies` empty.
  runtime: ['@signwave/format', '@signwave/data', '@signwave/data/browser', 'tiny-inflate'],
  lab: [
    '@signwave/format',
    '@signwave/data',
    '@signwave/data/node',
    '@signwave/reference',
    '@signwave/convert',
    '@signwave/runtime',
    '@aws-sdk/client-s3',
    '@nats-io/jetstream',
    '@nats-io/obj',
    '@nats-io/transport-node',
  ],
  trainer: [
    '@signwave/format',
    '@signwave/data',
    '@signwave/data/node',
    '@tensorflow/tfjs',
    '@tensorflow/tfjs-backend-wasm',
    '@tensorflow/tfjs-backend-webgpu',
    '@tensorflow/tfjs-node-gpu',
    'echarts',
    'strip-json-comments',
    'sharp',
    'strip-json-comments',
    'valibot',
    'webgpu',
  ],
  cli: [
    '@signwave/format',
    '@signwave/data',
    '@signwave/data/node',
    '@signwave/reference',
    '@signwave/convert',
    '@signwave/runtime',
    '@signwave/runtime/c',
    '@signwave/lab',
    '@signwave/lab/node',
    '@signwave/trainer',
    'commander',
  ],
  bench: [
    '@signwave/format',
    '@signwave/data/node',
    '@signwave/reference',
    '@signwave/convert',
    '@signwave/convert/internals',
    '@signwave/runtime',
    '@signwave/runtime/internals',
    '@signwave/lab',
    '@signwave/lab/node',
    '@signwave/trainer/internals',
    '@tensorflow/tfjs',
    '@tensorflow/tfjs-backend-wasm',
    'echarts',
    'valibot',
  ],
  page: [
    '@signwave/format',
    '@signwave/data',
    '@signwave/reference',
    '@signwave/convert',
    '@signwave/convert/first-load',
    '@signwave/runtime',
    '@signwave/runtime/web',
    '@signwave/runtime/internals',
    '@signwave/lab',
    '@signwave/lab/first-load',
  ],
  conformance: [
    '@signwave/format',
    '@signwave/data/node',
    '@signwave/reference',
    '@signwave/convert',
    '@signwave/runtime',
    '@signwave/runtime/c',
    '@signwave/runtime/internals',
  ],
};
/** Folders that are neither published nor workspaces; what they import is in the root's node_modules. */
const UNPUBLISHED: readonly string[] = ['bench', 'conformance', 'page'];
/** Helpers that the tests of several packages may import. */
const TEST_HELPERS: readonly string[] = [
  'runtime/test/random-graph.ts',
  'runtime/test/fused-graphs.ts',
  'runtime/test/extreme-values.ts',
];
/** Packages for Node only. */
const NODE_PACKAGES: readonly string[] = ['trainer', 'cli', 'bench', 'conformance'];
/** Folders of other packages that may use Node's own modules and packages' entries for Node. */
const NODE_FOLDERS: readonly string[] = ['data/src/node/', 'lab/src/node/'];

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Whether it only imports types, which don't exist when the program runs. */
  readonly isTypeOnly: boolean;
}

const files = repositoryFiles().filter((path) => /\.(?:ts|mjs)$/.test(path));
const sources = files.filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path));
const imports = sources.flatMap(importsOf);

/** Lists every static and dynamic import and re-export of a file, including those of types only. */
function importsOf(from: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const isTypeOnly = ts.isImportDeclaration(node)
        ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
        : node.isTypeOnly;
      found.push({ from, specifier: (node.moduleSpecifier as ts.StringLiteral).text, isTypeOnly });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier && ts.isStringLiteral(specifier))
        found.push({ from, specifier: specifier.text, isTypeOnly: false });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push({ from, specifier: (node.argument.literal as ts.StringLiteral).text, isTypeOnly: true });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(from, readText(from), ts.ScriptTarget.Latest));
  return found;
}

const packageOf = (path: string): string => path.slice(0, path.indexOf('/'));
const isRelative = ({ specifier }: Import): boolean => specifier.startsWith('.');
/** The file that a relative import names, as a path from the repository's root. */
const targetOf = ({ from, specifier }: Import): string =>
  posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
/** The package of a specifier, without the entry point in it. */
const installedAs = (specifier: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0];
const written = ({ from, specifier }: Import): string => `${from} imports ${specifier}`;

describe('packages', () => {
  test('are all known to this test', () => {
    expect(Object.keys(ALLOWED)).toEqual(expect.arrayContaining([...new Set(sources.map(packageOf))]));
  });

  test.each(Object.entries(ALLOWED))('%s imports only what it may', (name, allowed) => {
    const foreign = imports.filter((it) => packageOf(it.from) === name && !isRelative(it));
    const forbidden = foreign.filter(({ specifier }) => !specifier.startsWith('node:') && !allowed.includes(specifier));
    expect(forbidden.map(written)).toEqual([]);
  });

  test('do not reach into each other by relative paths', () => {
    const outside = imports.filter((it) => isRelative(it) && packageOf(targetOf(it)) !== packageOf(it.from));
    expect(outside.filter((it) => !TEST_HELPERS.includes(targetOf(it))).map(written)).toEqual([]);
  });

  test('run in a browser, but for those of Node and the folders for Node: they import nothing of Node', () => {
    const ofNode = imports.filter(
      ({ from, specifier }) =>
        /^node:|^@signwave\/.*\/node$/.test(specifier) &&
        !NODE_PACKAGES.includes(packageOf(from)) &&
        !NODE_FOLDERS.some((folder) => from.startsWith(folder)),
    );
    expect(ofNode.map(written)).toEqual([]);
  });

  test('declare what they import', () => {
    for (const name of Object.keys(ALLOWED).filter((it) => !UNPUBLISHED.includes(it))) {
      const { dependencies, devDependencies, optionalDependencies, peerDependencies } = JSON.parse(
        readText(`${name}/package.json`),
      );
      const declared = Object.keys({
        ...dependencies,
        ...devDependencies,
        ...optionalDependencies,
        ...peerDependencies,
      });
      const needed = imports.filter((it) => packageOf(it.from) === name && !isRelative(it) && !it.isTypeOnly);
      const undeclared = needed.filter(
        ({ specifier }) => !specifier.startsWith('node:') && !declared.includes(installedAs(specifier)),
      );
      expect(undeclared.map(written)).toEqual([]);
    }
  });

  test('do not import the command line, and neither do their tests and scripts: it is a roof', () => {
    const outside = files.filter((path) => packageOf(path) !== 'cli').flatMap(importsOf);
    const ofCli = outside.filter((it) => it.specifier === 'signwave' || targetOf(it).startsWith('cli/'));
    expect(ofCli.map(written)).toEqual([]);
  });

  test('leave the runtime with nothing to install', () => {
    expect(JSON.parse(readText('runtime/package.json')).dependencies ?? {}).toEqual({});
  });
});

describe('files', () => {
  test('do not import each other in a circle, not even for types', () => {
    const next = new Map<string, string[]>();
    for (const it of imports) {
      if (isRelative(it)) next.set(it.from, [...(next.get(it.from) ?? []), targetOf(it)]);
    }
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      const start = path.indexOf(file);
      if (start >= 0) throw new Error(`a circle: ${[...path.slice(start), file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const target of next.get(file) ?? []) walk(target, [...path, file]);
      done.add(file);
    };
    for (const file of sources) walk(file, []);
  });
});
