// The rows of tables 1 to 4 of BiPer's paper (CVPR 2024), and the run that stands for each.

/**
 * A row of one of the paper's tables.
 *
 * @typedef {object} TableRow
 * @property {1 | 2 | 3 | 4} table
 * @property {string} network as the paper calls it
 * @property {string} label the method's name in the paper
 * @property {string} bits the column "W/A"
 * @property {readonly number[]} paper top-1 and, in table 4, top-5, in percent; in table 1 top-1 of the two stages
 * @property {string} architecture of the config
 * @property {string} method of the config
 * @property {Readonly<Record<string, number | string>>} [methodOptions] of the config
 * @property {string} [note] where the row isn't what it seems
 */

const BINARY_LEVELS = 'Its activations are 0 and 1.';
const BINARY_DSQ = 'The variant of its paper with the levels -1 and +1 fixed.';
const PIECEWISE_DSQ = {
  methodOptions: { variant: 'piecewise' },
  note: 'The variant of its paper that learns its levels.',
};

/** @type {readonly TableRow[]} */
export const TABLE_ROWS = [
  ...rowsOf({ table: 1, network: 'ResNet-18', architecture: 'resnet18_1w1a', bits: '1/1' }, [
    [
      'sign in two stages',
      'sign-two-stage',
      [93.93, 93.01],
      { note: 'In stage 1 weights are real, and in stage 2 their signs.' },
    ],
  ]),
  ...rowsOf({ table: 2, network: 'ResNet-20', architecture: 'resnet20_1w32a', bits: '1/32' }, [
    ['FP', 'full-precision', [91.7]],
    ['DoReFa', 'dorefa', [90.0]],
    ['LQ-Net', 'lq-net', [90.1]],
    ['DSQ', 'dsq', [90.2], { note: BINARY_DSQ }],
    ['IR-Net', 'ir-net', [90.8]],
    ['LCR-BNN', 'lcr-bnn', [91.2]],
    ['BiPer', 'biper', [91.2]],
  ]),
  ...rowsOf({ table: 3, network: 'ResNet-18', architecture: 'resnet18_1w1a', bits: '1/1' }, [
    ['FP', 'full-precision', [94.8]],
    ['RAD', 'rad', [90.5]],
    ['IR-Net', 'ir-net', [91.5]],
    ['LCR-BNN', 'lcr-bnn', [91.8]],
    ['RBNN', 'rbnn', [92.2]],
    ['ReCU', 'recu', [92.8]],
    ['ReSTE', 'reste', [92.63]],
    ['MST', 'mst', [93.2]],
    ['DIR-Net', 'dir-net', [92.8]],
    ['BiPer', 'biper', [93.75]],
  ]),
  ...rowsOf({ table: 3, network: 'ResNet-20', architecture: 'resnet20_1w1a', bits: '1/1' }, [
    ['FP', 'full-precision', [92.1]],
    ['DoReFa', 'dorefa', [79.3], { note: BINARY_LEVELS }],
    ['DSQ', 'dsq', [84.1], PIECEWISE_DSQ],
    ['SLB', 'slb', [85.5]],
    ['IR-Net', 'ir-net', [86.5]],
    ['ReCU', 'recu', [87.4]],
    ['BiPer', 'biper', [87.5]],
  ]),
  ...rowsOf({ table: 3, network: 'VGG-small', architecture: 'vgg_small_1w1a', bits: '1/1' }, [
    ['FP', 'full-precision', [94.1]],
    ['XNOR-Net', 'xnor-net', [89.8]],
    ['BNN', 'bnn', [89.9]],
    ['DoReFa', 'dorefa', [90.2], { note: BINARY_LEVELS }],
    ['IR-Net', 'ir-net', [90.4]],
    ['RBNN', 'rbnn', [91.3]],
    ['DSQ', 'dsq', [91.7], PIECEWISE_DSQ],
    ['SLB', 'slb', [92.0]],
    ['ReCU', 'recu', [92.2]],
    ['BiPer', 'biper', [92.11]],
  ]),
  ...rowsOf({ table: 4, network: 'ResNet-18', architecture: 'imagenet_resnet18_1w1a', bits: '1/1' }, [
    ['FP', 'full-precision', [69.6, 89.2]],
    ['XNOR-Net', 'xnor-net', [51.2, 73.2]],
    ['Bi-Real Net', 'bi-real', [56.4, 79.5]],
    ['PCNN', 'pcnn', [57.3, 80.0]],
    ['IR-Net', 'ir-net', [58.1, 80.0]],
    ['BONN', 'bonn', [59.3, 81.6]],
    ['LCR-BNN', 'lcr-bnn', [59.6, 81.6]],
    ['HWGQ', 'hwgq', [59.6, 82.2], { note: 'The paper prints 1/1; its activations have 2 bits.' }],
    ['RBNN', 'rbnn', [59.9, 81.9]],
    ['FDA', 'fda', [60.2, 82.3]],
    ['ReSTE', 'reste', [60.88, 82.59]],
    ['ReCU', 'recu', [61.0, 82.6]],
    ['DIR-Net', 'dir-net', [60.4, 81.9]],
    ['BiPer', 'biper', [61.4, 83.14]],
  ]),
  ...rowsOf({ table: 4, network: 'ResNet-34', architecture: 'imagenet_resnet34_1w1a', bits: '1/1' }, [
    ['FP', 'full-precision', [73.3, 91.3]],
    ['Bi-Real Net', 'bi-real', [62.2, 83.9]],
    ['IR-Net', 'ir-net', [62.9, 84.1]],
    ['RBNN', 'rbnn', [63.1, 84.4]],
    ['ReSTE', 'reste', [65.05, 85.78]],
    ['ReCU', 'recu', [65.1, 85.8]],
    ['DIR-Net', 'dir-net', [64.1, 85.3]],
    ['BiPer', 'biper', [65.73, 86.39]],
  ]),
];

/** Methods that no table has. @type {readonly string[]} */
export const METHODS_WITHOUT_ROW = ['reactnet', 'adabin', 'ste-sign', 'swish-sign'];

/** What `--rows` calls a row: "3-resnet20-ir-net". @param {TableRow} row */
export function nameOf({ table, network, method }) {
  return `${table}-${network.replace('-', '').toLowerCase()}-${method}`;
}

/**
 * The float network beside a binary one, which is the row "FP" and the teacher.
 *
 * @param {string} architecture
 */
export function floatOf(architecture) {
  return architecture.replace(/_1w(1|32)a$/, '_float');
}

/**
 * @param {Pick<TableRow, 'table' | 'network' | 'architecture' | 'bits'>} shared
 * @param {readonly (readonly [label: string, method: string, paper: readonly number[], other?: Pick<TableRow, 'methodOptions' | 'note'>])[]} rows
 * @returns {TableRow[]}
 */
function rowsOf(shared, rows) {
  return rows.map(([label, method, paper, other]) => ({
    ...shared,
    label,
    method,
    paper,
    ...other,
    ...(method === 'full-precision' && { bits: '32/32', architecture: floatOf(shared.architecture) }),
  }));
}
