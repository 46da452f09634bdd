/**
 * What the zoo says about data sets, by their format in a config.
 *
 * @type {Partial<Record<string, { readonly name: string, readonly task: string, readonly licence: string }>>}
 */
export const DATA_SETS = {
  cifar10: {
    name: 'CIFAR-10',
    task: 'objects in photographs of 32 x 32',
    licence: 'none is stated by its authors (A. Krizhevsky, V. Nair, G. Hinton), who ask to be cited',
  },
  cifar100: {
    name: 'CIFAR-100',
    task: '100 kinds of objects in photographs of 32 x 32',
    licence: 'none is stated by its authors (A. Krizhevsky, V. Nair, G. Hinton), who ask to be cited',
  },
  'fashion-mnist': {
    name: 'Fashion-MNIST',
    task: 'pieces of clothing, 28 x 28, gray',
    licence: 'MIT, copyright 2017 Zalando SE',
  },
  mnist: {
    name: 'MNIST',
    task: 'handwritten digits, 28 x 28',
    licence:
      'CC BY-SA 3.0 as Keras and others state, copyright Y. LeCun and C. Cortes; made of NIST’s Special Databases 1 and 3',
  },
};
