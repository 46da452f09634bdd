import { acceptDrops, attempt, barsOf, byId, bytesText, make, onFiles } from '../elements.js';
import { inPageWords } from '../words.js';
import { askWorker } from '../worker/ask.js';
import type { OpenedModel } from '../worker/protocol.js';

const EXAMPLE = ['biper-resnet20-cifar10.pth', 'config.txt', 'labels.txt'];

/** Section 1: from files to a model. @param use is called with each opened model. */
export function startModelView(use: (opened: OpenedModel) => Promise<void>): void {
  const place = { error: byId('model-error'), status: byId('model-status') };
  const omega0 = byId<HTMLInputElement>('omega0');
  const arch = byId<HTMLSelectElement>('arch');
  const recipe = byId<HTMLSelectElement>('recipe');
  const stateDict = byId<HTMLInputElement>('state-dict');
  const prefix = byId<HTMLInputElement>('prefix');
  let address: string | undefined;
  let lastFiles: readonly File[] = [];
  let previous = Promise.resolve();

  /** Files are opened one after the other, so that what was dropped last stays open. */
  const open = (files: readonly File[]): Promise<void> => {
    lastFiles = files;
    previous = previous.then(() => openNow(files));
    return previous;
  };
  const openNow = (files: readonly File[]): Promise<void> =>
    attempt(place, `Reading ${files.map(({ name }) => name).join(', ')} …`, async () => {
      const opened = await askWorker('open', [
        files,
        {
          omega0: omega0.value === '' ? undefined : Number(omega0.value),
          arch: arch.value || undefined,
          preprocess: recipe.value || undefined,
          stateDict: stateDict.value || undefined,
          prefix: prefix.value || undefined,
        },
      ]);
      await use(opened);
      if (address) URL.revokeObjectURL(address);
      address = URL.createObjectURL(new Blob([opened.bytes]));
      showFacts(opened, address);
      return statusOf(opened);
    }).then(() => {
      const said = place.error.textContent ?? '';
      if (said.includes('E_OMEGA0')) askFor(omega0);
      else if (said.includes('“State dict”')) askFor(stateDict);
      else if (said.includes('“Prefix”')) askFor(prefix);
    });

  const askFor = (field: HTMLInputElement): void => {
    byId<HTMLDetailsElement>('conversion-options').open = true;
    field.focus();
  };

  acceptDrops(document.querySelector<HTMLElement>('[data-drop="model"]')!, open);
  onFiles(byId<HTMLInputElement>('model-files'), open);
  byId('use-example').addEventListener('click', () =>
    attempt(place, 'Loading the example …', async () => {
      const files = await Promise.all(EXAMPLE.map(fetchExample));
      await open(files);
      return place.status.textContent ?? '';
    }),
  );
  const zoo = byId<HTMLSelectElement>('zoo');
  zoo.addEventListener('change', () =>
    attempt(place, 'Loading the model …', async () => {
      const path = `zoo/${zoo.value}.sgnw`;
      // So that the same one can be chosen again after other files.
      zoo.value = '';
      await open([await fetchFile(path)]);
      return place.status.textContent ?? '';
    }),
  );
  // Without the list the page works as well.
  void listZoo(zoo).catch(() => undefined);
  byId('conversion-options').addEventListener('toggle', () => listChoices(arch, recipe), { once: true });
  for (const field of [omega0, arch, recipe, stateDict, prefix]) {
    field.addEventListener('change', () => {
      if (lastFiles.length > 0) void open(lastFiles);
    });
  }
}

/** Offers the models that lie beside the page. */
async function listZoo(field: HTMLSelectElement): Promise<void> {
  const choices: { name: string; text: string }[] = JSON.parse(await (await fetchFile('zoo/choices.json')).text());
  field.append(...choices.map(({ name, text }) => new Option(text, name)));
  field.hidden = false;
}

async function listChoices(arch: HTMLSelectElement, recipe: HTMLSelectElement): Promise<void> {
  const { architectures, recipes } = await askWorker('choices', []);
  arch.append(...architectures.map((name) => new Option(name, name)));
  recipe.append(...recipes.map((name) => new Option(name, name)));
}

export function fetchExample(name: string): Promise<File> {
  return fetchFile(`examples/${name}`);
}

/** @param path from the page's folder. */
async function fetchFile(path: string): Promise<File> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
  return new File([await response.blob()], path.replace(/^.*\//, ''));
}

function statusOf({ converted, fileName, notes }: OpenedModel): string {
  const done = converted
    ? `Converted ${bytesText(converted.checkpointBytes)} in ${converted.ms.toFixed(0)} ms`
    : `${fileName} is checked and ready`;
  return inPageWords(`${[done, ...notes].join('; ')}.`);
}

function showFacts({ architecture, fileName, input, summary }: OpenedModel, address: string): void {
  const { fileBytes, float32Bytes, binaryMacs, floatMacs, layers, headerBytes, paddingBytes } = summary;
  const facts: readonly (readonly [string, string])[] = [
    ['network', architecture],
    ['input', input],
    ['size', bytesText(fileBytes)],
    ['as float32', `${bytesText(float32Bytes)}, ${(float32Bytes / fileBytes).toFixed(1)}×`],
    ['binary work', `${((100 * binaryMacs) / (binaryMacs + floatMacs)).toFixed(1)} %`],
  ];
  const items = facts.map(([title, value]) => make('div', '', make('dt', '', title), make('dd', '', value)));
  document.querySelector('.facts')!.replaceChildren(...items);
  const sizes = [
    ...layers.map((layer) => ({ name: `${layer.name} · ${layer.weightBits} bit`, bytes: layer.bytes })),
    { name: 'graph and alignment', bytes: headerBytes + paddingBytes },
  ];
  const largest = Math.max(...sizes.map(({ bytes }) => bytes));
  byId('size-bars').replaceChildren(
    ...barsOf(sizes.map((it) => ({ name: it.name, part: it.bytes / largest, value: bytesText(it.bytes) }))),
  );
  const download = byId<HTMLAnchorElement>('download');
  download.href = address;
  download.download = fileName;
  download.textContent = `Download ${fileName}`;
  byId('model-facts').hidden = false;
}
