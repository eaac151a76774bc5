/** A page of a list; `next` is '' on the last one and otherwise goes back as `after`. */
export interface Page<T> { items: T[]; next: string }

/** Reads a list to its end, in order. `most` bounds the number of requests against a server that never ends. */
export async function readAll<T, P extends Page<T>>(page: (after: string) => Promise<P>, most = 40): Promise<P> {
  const first = await page('');
  const items = [...first.items];
  let { next } = first;
  for (let asked = 1; next && asked < most; asked++) {
    const more = await page(next);
    items.push(...more.items);
    ({ next } = more);
  }
  return { ...first, items, next };
}
