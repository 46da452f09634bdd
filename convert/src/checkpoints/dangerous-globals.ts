/**
 * Names that no checkpoint has an honest reason to call. signwave calls nothing at all, so the list isn't what
 * keeps it safe: it's there to tell the user that the file is an attack, before another program loads it.
 */
const DANGEROUS_MODULES = new Set(
  (
    'os posix nt subprocess sys shutil socket ssl runpy importlib imp pkgutil zipimport pickle _pickle cPickle ' +
    'marshal ctypes _ctypes pty code codeop webbrowser commands popen2 multiprocessing pdb bdb timeit cProfile ' +
    'pip ensurepip distutils setuptools http httplib urllib urllib2 requests ftplib smtplib telnetlib asyncio'
  ).split(' '),
);

const BUILTIN_MODULES = new Set(['builtins', '__builtin__']);

const DANGEROUS_BUILTINS = new Set(
  (
    'eval exec execfile compile getattr setattr delattr __import__ open file input raw_input breakpoint globals ' +
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
  'operator.attrgetter',
  'operator.methodcaller',
]);

/**
 * Is this global one that an attack would use?
 *
 * Protocol 4 lets a name have dots, each an attribute look-up: `torch.serialization` and `os.system` reaches
 * `os` by way of a module that imports it, so every part of the name counts, and the first of the module.
 */
export function isDangerousGlobal(module: string, name: string): boolean {
  const parts = name.split('.');
  if (BUILTIN_MODULES.has(module)) return DANGEROUS_BUILTINS.has(parts[0]!);
  return (
    DANGEROUS_MODULES.has(module.split('.')[0]!) ||
    DANGEROUS_PATHS.has(`${module}.${name}`) ||
    parts.some((part) => DANGEROUS_MODULES.has(part) || BUILTIN_MODULES.has(part) || part === '__builtins__')
  );
}
