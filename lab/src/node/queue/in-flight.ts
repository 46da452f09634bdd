/** Does something with each item, with at most `most` of them at the same time. @returns the results, in the order of the items. */
export async function* inFlight<Item, Result>(
  items: AsyncIterable<Item>,
  most: number,
  action: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  for await (const item of items) {
    const result = action(item);
    // Its turn comes later, and an error isn't unheard until then.
    result.catch(() => {});
    begun.push(result);
    if (begun.length >= most) yield (await begun.shift())!;
  }
  for (const result of begun) yield await result;
}
