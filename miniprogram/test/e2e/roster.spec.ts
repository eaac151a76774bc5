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
  await page.getByTestId('roster').click();
  const upload = async (file: string): Promise<void> => {
    const chooser = page.waitForEvent('filechooser');
    await front(page, 'pick-table').click();
    await (await chooser).setFiles(file);
    await expect(front(page, 'preview-page')).toBeVisible();
    await expect(front(page, 'identity').or(front(page, 'nothing'))).toBeVisible();
  };
  await upload(SAMPLE);
  await expect(front(page, 'identity')).toContainText('身份证号码');
  await keep(page, 'roster-preview', true);
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
