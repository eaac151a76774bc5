/** The roster of a township as its office sends it: looked at, decided on, written, and given back. */
import { join, resolve } from 'node:path';
import type { Sim } from './actors';
import { keep } from './pictures';
import { expect, front, test } from './world';

test.use({ file: 'roster' });

const SAMPLE = resolve('../server/roster/testdata/ranmiao.xlsx');

async function admin(sim: Sim): Promise<string> {
  const one = (await sim.people()).find(({ roles }) => roles.includes('admin'));
  if (!one) throw new Error('the demonstration has no admin');
  return one.id;
}

test('an admin imports the file of an office, and gets a clean one back that changes nothing', async ({ sim, phones }) => {
  const page = await phones.open(await admin(sim), '#/pages/me/me');
  const list = /roster-imports$/;
  await page.route(list, (route) => route.fulfill({ json: { items: [{ id: '1', state: 'reading', read: 12_500, rows: 20_000 }] } }));
  await front(page, 'my-branch').click();
  await front(page, 'roster').click();
  await expect(front(page, 'reading')).toContainText('正在核对 12500 / 20000 人');
  await keep(page, 'roster-reading');
  await page.unroute(list);
  await expect(front(page, 'reading')).toBeHidden();
  const upload = async (file: string): Promise<void> => {
    const chooser = page.waitForEvent('filechooser');
    await front(page, 'pick-table').click();
    await (await chooser).setFiles(file);
    await expect(front(page, 'preview-page')).toBeVisible();
    await expect(front(page, 'identity').or(front(page, 'nothing'))).toBeVisible();
  };
  const refused = page.waitForEvent('filechooser');
  await front(page, 'pick-table').click();
  await (await refused).setFiles({ name: '花名册.xls', mimeType: 'application/vnd.ms-excel', buffer: Buffer.from('d0cf11e0a1b11ae157006f0072006b0062006f006f006b00', 'hex') });
  await expect(front(page, 'upload-error')).toContainText('另存为 .xlsx');
  await keep(page, 'roster-wrong-file');
  await upload(SAMPLE);
  await expect(front(page, 'identity')).toContainText('身份证号码');
  await keep(page, 'roster-preview', true);
  await page.goBack();
  await front(page, 'go-on').click(); // nothing is lost by going away
  await front(page, 'tab-refused').click();
  await expect(front(page, 'preview-page')).toContainText('是同一个人，只算一次');
  await keep(page, 'roster-refused');
  await front(page, 'tab-doubtful').click();
  await expect(front(page, 'preview-page')).toContainText('手机号不是 11 位有效号码');
  await front(page, 'preview-page').getByText('照样导入', { exact: true }).first().click();
  await expect(front(page, 'preview-page').locator('.choice.on')).toHaveCount(1);
  await front(page, 'skip-all').click();
  await expect(front(page, 'undecided')).toBeHidden();
  await front(page, 'apply').click();
  await front(page, 'apply-dialog-yes').click();
  await expect(front(page, 'import-state')).toContainText('已写入');
  await keep(page, 'roster-applied');
  const written = Number((await front(page, 'import-state').textContent())?.match(/\d+/)?.[0]);
  expect(written).toBeGreaterThan(150);
  await front(page, 'import-end').click();

  const saved = page.waitForEvent('download');
  await front(page, 'export-xlsx').click();
  const clean = join(test.info().project.outputDir, 'roster.xlsx');
  await (await saved).saveAs(clean);
  await upload(clean);
  await expect(front(page, 'nothing')).toBeVisible();
  await keep(page, 'roster-again');
  const template = page.waitForEvent('download');
  await page.goBack();
  await front(page, 'template').click();
  expect((await template).suggestedFilename()).toBe('花名册模板.xlsx');
});
