/**
 * Names that no checkpoint has an honest reason to call. signwave calls nothing at all, so the list isn't what
 * keeps it safe: it's there to tell the user that the file is an attack, before another program loads it.
 */
const DANGEROUS_MODULES = new Set(
  (
    'os posix nt subprocess sys shutil socket ssl runpy importlib imp pkgutil zipimport pickle _pickle cPickle ' +
    'marshal ctypes _ctypes pty codeop webbrowser popen2 multiprocessing pdb bdb timeit cProfile ' +
    'pip ensurepip distutils setuptools http httplib urllib urllib2 requests ftplib smtplib telnetlib asyncio'
  ).split(' '),
);

/** Library modules that are single files. A package with such a name that has modules inside is a user's own. */
const DANGEROUS_FILES = new Set(['code', 'commands']);

/** Classes of those modules that occur in settings and do nothing: versions, parts of an address, a finished process. */
const HARMLESS = new RegExp(
  '^(?:' +
    [
      String.raw`(?:distutils|setuptools\._distutils)\.version\.\w*Version`,
      String.raw`setuptools\.(?:extern|_vendor)\.packaging\.version\.\w*Version`,
      String.raw`urllib\.parse\.(?:Parse|Split|Defrag)Result(?:Bytes)?`,
      String.raw`http\.HTTP(?:Status|Method)`,
      String.raw`(?:os|posix|nt)\.(?:stat|terminal_size|uname|times)(?:_result)?`,
      String.raw`socket\.(?:AddressFamily|SocketKind)`,
      String.raw`subprocess\.CompletedProcess`,
    ].join('|') +
    ')$',
);

const BUILTIN_MODULES = new Set(['builtins', '__builtin__']);

const DANGEROUS_BUILTINS = new Set(
  (
    'eval exec execfile compile setattr delattr __import__ open file input raw_input breakpoint globals ' +
    'locals vars apply reload'
  ).split(' '),
);

const DANGEROUS_PATHS = new Set([
  'torch.load',
  'torch.hub.load',
  'torch.serialization.load',
  'torch.utils.cpp_extension.load',
  'torch.utils.cpp_extension.load_inline',
  'numpy.load',
  'types.CodeType',
  'types.FunctionType',
]);

/** Attributes by which an attack goes from an object to the interpreter. */
const DANGEROUS_ATTRIBUTES = new Set(
  '__builtins__ __globals__ __subclasses__ __import__ __code__ __loader__ __mro__ __bases__ __base__'.split(' '),
);

/**
 * Whether an attack would use this global.
 *
 * From protocol 4 on a name may have dots, each an attribute look-up: `os.system` in `torch.serialization` reaches `os` by way of a module
 * that imports it. So every part of the name counts, and the first part of the module.
 */
export function isDangerousGlobal(module: string, name: string): boolean {
  const parts = name.split('.');
  if (BUILTIN_MODULES.has(module)) {
    return DANGEROUS_BUILTINS.has(parts[0]!) || parts.some((part) => DANGEROUS_ATTRIBUTES.has(part));
  }
  const path = `${module}.${name}`;
  if (HARMLESS.test(path)) return false;
  return (
    DANGEROUS_MODULES.has(module.split('.')[0]!) ||
    DANGEROUS_FILES.has(module) ||
    DANGEROUS_PATHS.has(path) ||
    parts.some((part) => DANGEROUS_MODULES.has(part) || BUILTIN_MODULES.has(part) || DANGEROUS_ATTRIBUTES.has(part))
  );
}

/**
 * Is an attribute asked for that leads to the interpreter, or one of a module that is named by a string?
 *
 * @param args of `getattr`, or of `operator.attrgetter`. @returns the string that says so.
 */
export function dangerousAttribute(args: readonly unknown[]): string | undefined {
  const strings = args.filter((arg) => typeof arg === 'string');
  return strings.find(
    (text) =>
      (text === args[0] && DANGEROUS_MODULES.has(text)) ||
      text.split('.').some((part) => DANGEROUS_ATTRIBUTES.has(part)),
  );
}
