/** Pictures of the pages: all of them into test-results, and a chosen few, when asked for, into the documentation. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test, type Browser, type Page } from '@playwright/test';

const DOCS = resolve('../server/docs/screenshots');
/** Pictures in the repository stay small. */
const MOST_BYTES = 330_000;

/** The pictures of the documentation are made anew only on request: an ordinary run leaves the tree as it was. */
export const updating = process.env.UPDATE_SCREENSHOTS === '1';

async function write(folder: string, name: string, picture: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.png`), picture);
}

/** Takes a picture of what is on the screen, or of the whole page, into test-results/pictures. */
export async function keep(page: Page, name: string, fullPage = false): Promise<Buffer> {
  await page.bringToFront(); // a tab behind another one takes a second to be drawn
  const picture = await page.screenshot({ animations: 'disabled', fullPage });
  await write(join(test.info().project.outputDir, 'pictures'), name, picture);
  return picture;
}

/** Lays phone screens side by side, 320 px wide each, as one picture of the documentation. Nothing without UPDATE_SCREENSHOTS. */
export async function document(browser: Browser, name: string, screens: { picture: Buffer; caption: string }[]): Promise<void> {
  if (!updating) return;
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 }, deviceScaleFactor: 1 });
  const figures = screens.map(({ picture, caption }) => `<figure><img src="data:image/png;base64,${picture.toString('base64')}"><figcaption>${caption}</figcaption></figure>`);
  await page.setContent(`<style>
    main { display: inline-flex; gap: 24px; padding: 24px; background: #fff; }
    figure { margin: 0; text-align: center; font: 18px 'Noto Sans CJK SC', sans-serif; color: #2a211c; }
    img { display: block; width: 320px; margin-bottom: 12px; border: 1px solid #d8cdbb; border-radius: 20px; }
  </style><main>${figures.join('')}</main>`);
  await page.evaluate(() => Promise.all([...window.document.images].map((image) => image.decode())));
  const picture = await page.locator('main').screenshot();
  await page.close();
  if (picture.length > MOST_BYTES) throw new Error(`${name}.png has ${picture.length} bytes, more than ${MOST_BYTES}`);
  await write(DOCS, name, picture);
}
