/** How one of CIFAR's two data sets is stored. Files are named as in the binary version; in the Python version they have no `.bin`. */
export interface CifarSet {
  readonly name: string;
  /** Folders below the given one that may hold the files, named after the archives and copies of these. */
  readonly below: readonly string[];
  readonly train: readonly string[];
  readonly test: string;
  readonly binaryNames: string;
  readonly pythonNames: string;
  /** Key of the labels in the dicts of the Python version. */
  readonly labelsKey: string;
  readonly namesKey: string;
  /** Label bytes of a record in the binary version; in CIFAR-100 the coarse class comes first. */
  readonly labelBytes: number;
  /** Names in class order, for a folder without the file of names. */
  readonly classNames: readonly string[];
}

export const CIFAR10: CifarSet = {
  name: 'CIFAR-10',
  below: [
    'cifar-10-batches-bin',
    'cifar-10-batches-py',
    'cifar-10-binary/cifar-10-batches-bin',
    'cifar-10-python/cifar-10-batches-py',
  ],
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`),
  test: 'test_batch',
  binaryNames: 'batches.meta.txt',
  pythonNames: 'batches.meta',
  labelsKey: 'labels',
  namesKey: 'label_names',
  labelBytes: 1,
  classNames: 'airplane automobile bird cat deer dog frog horse ship truck'.split(' '),
};

export const CIFAR100: CifarSet = {
  name: 'CIFAR-100',
  below: [
    'cifar-100-binary',
    'cifar-100-python',
    'cifar-100-binary/cifar-100-binary',
    'cifar-100-python/cifar-100-python',
  ],
  train: ['train'],
  test: 'test',
  binaryNames: 'fine_label_names.txt',
  pythonNames: 'meta',
  labelsKey: 'fine_labels',
  namesKey: 'fine_label_names',
  labelBytes: 2,
  classNames: (
    'apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle ' +
    'caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant ' +
    'flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree ' +
    'motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate ' +
    'poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider ' +
    'squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle ' +
    'wardrobe whale willow_tree wolf woman worm'
  ).split(' '),
};
