/** The data sets for training and evaluation, named by the word before the colon of `cifar10:DIR`. */
export const DATA_FORMATS = ['cifar10', 'cifar100', 'mnist', 'fashion-mnist', 'folder'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

/** What an argument that names a data set may be, for help texts and messages. */
export const DATA_ARGUMENT = `${DATA_FORMATS.map((format) => `${format}:DIR`).join(', ')}, or a folder with one folder of images for each class`;

/** Splits `cifar10:DIR`. An argument without a format of {@link DATA_FORMATS} before its first colon is a folder of class folders. */
export function parseDataArgument(argument: string): { readonly format: DataFormat; readonly folder: string } {
  const colon = argument.indexOf(':');
  const format = DATA_FORMATS.find((name) => name === argument.slice(0, Math.max(0, colon)));
  return format ? { format, folder: argument.slice(colon + 1) } : { format: 'folder', folder: argument };
}
