/** What every browser test starts from: a server of its file's own, the simulator's people, and a phone for each of them. */
import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from '@playwright/test';
import { Sim } from './actors';
import { Server } from './server';
import { watch } from './watch';

export { expect };

export const HOME = '#/';
export const pageOf = {
  event: (id: string): string => `#/pages/event/event?id=${id}`,
  checkin: (code: string): string => `#/pages/checkin/checkin?q=${encodeURIComponent(code)}`,
  station: (name: 'scan' | 'station' | 'cards', id = ''): string => `#/pkg-station/pages/${name}/${name}${id ? `?id=${id}` : ''}`,
  secretary: (name: 'edit' | 'code' | 'attendance' | 'reminders' | 'requests' | 'settlement' | 'preview', id = ''): string => `#/pkg-secretary/pages/${name}/${name}${id ? `?id=${id}` : ''}`,
};

/** Phones of the people in a test; whatever a page did wrong on one of them fails the test at its end. */
export interface Phones {
  /** A browser context of its own, watched. */
  context: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** A tab, in a context of its own unless one is given, as the person; `hash` is where it opens. */
  open: (person: string, hash?: string, where?: BrowserContext | BrowserContextOptions) => Promise<Page>;
}

interface Tests { phones: Phones }
interface Workers { file: string; server: Server; sim: Sim }

export const test = base.extend<Tests, Workers>({
  /** Every file names itself, `test.use({ file: … })`: files of one name share a server, others do not. */
  file: ['', { scope: 'worker', option: true }],

  server: [async ({ file }, use) => {
    const server = await Server.start(file);
    await use(server);
    await server.stop();
  }, { scope: 'worker' }],

  sim: [async ({ server }, use) => { await use(new Sim(server.url)); }, { scope: 'worker' }],

  phones: async ({ browser, server }, use, info) => {
    const contexts: BrowserContext[] = [];
    const faults: string[][] = [];
    const context = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
      const made = await browser.newContext({ baseURL: server.url, ...options });
      made.on('page', (page) => { faults.push(watch(page, server.url)); });
      contexts.push(made);
      return made;
    };
    const isContext = (where: BrowserContext | BrowserContextOptions): where is BrowserContext => 'newPage' in where;
    const open: Phones['open'] = async (person, hash = HOME, where = {}) => {
      const page = await (isContext(where) ? where : await context(where)).newPage();
      await page.goto(`/?as=${person}${hash}`);
      return page;
    };
    await use({ context, open });
    if (info.status !== info.expectedStatus) await info.attach('server.log', { path: server.log });
    await Promise.all(contexts.map((made) => made.close()));
    expect(faults.flat(), 'what the pages did wrong').toEqual([]);
  },
});

/** Types into a field of ours: uni-app wraps the browser's own input. */
export async function fill(page: Page, field: string, text: string): Promise<void> {
  const input = page.getByTestId(field).locator('input, textarea');
  await input.fill(text);
  await expect(input).toHaveValue(text);
}

/** The page that is in front; tab pages stay in the document behind it. */
export const front = (page: Page, id: string): Locator => page.getByTestId(id).filter({ visible: true });

/** Opens another place in the tab, afresh: between two places of one document a browser would only change the hash. */
export async function visit(page: Page, hash: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`/${hash}`);
}
