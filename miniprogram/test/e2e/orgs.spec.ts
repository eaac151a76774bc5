/** The tree of a district on the phone of who administers it, and what a secretary sees of it. */
import type { Page } from '@playwright/test';
import type { Sim } from './actors';
import { keep } from './pictures';
import { expect, fill, front, test } from './world';

test.use({ file: 'orgs' });

async function admin(sim: Sim): Promise<string> {
  const one = (await sim.people()).find(({ roles }) => roles.includes('admin'));
  if (!one) throw new Error('the demonstration has no admin');
  return one.id;
}

/** Finds an organisation by its name, in the tree that is in front, and opens or chooses it. */
async function find(page: Page, within: string, name: string): Promise<void> {
  await front(page, within).getByTestId('tree-search').locator('input').fill(name);
  await front(page, within).getByTestId('tree-list').getByText(name, { exact: true }).click();
}

test('an admin makes a branch, changes it, moves it there and back, merges it, and reads all of it in its history', async ({ sim, phones }) => {
  const page = await phones.open(await admin(sim), '#/pages/me/me');
  await front(page, 'my-branch').click();
  await expect(front(page, 'org-name')).toBeVisible();
  await keep(page, 'org-admin', true);
  const [from, to] = await Promise.all([0, 1].map((n) => front(page, 'org').locator('[data-testid^="below-"] .label').nth(n).innerText()));
  await front(page, 'to-tree').click();
  await expect(front(page, 'tree-list')).toContainText(String(from));
  await keep(page, 'tree');
  await find(page, 'tree', String(from));
  await expect(front(page, 'org-name')).toHaveText(String(from));

  await front(page, 'org-add').click();
  await front(page, 'org-save').click();
  await expect(front(page, 'error-name')).toBeVisible();
  await front(page, 'kind-branch').click();
  await fill(page, 'name-input', '新桥村党支部');
  await front(page, 'theme-day').click();
  await front(page, 'day-15').click();
  await keep(page, 'org-form', true);
  await front(page, 'org-save').click();
  await expect(front(page, 'org-name')).toHaveText('新桥村党支部');
  await expect(front(page, 'fact-day')).toHaveText('每月 15 日');

  await front(page, 'org-edit').click();
  await fill(page, 'address-input', '村部二楼会议室');
  await front(page, 'term-start').click();
  await page.getByText('确定', { exact: true }).filter({ visible: true }).click();
  await front(page, 'years-3').click();
  await expect(front(page, 'election-due')).toContainText('按任期');
  await front(page, 'org-save').click();
  await expect(front(page, 'fact-address')).toHaveText('村部二楼会议室');
  await expect(front(page, 'fact-term')).toContainText('3 年');

  await front(page, 'org-move').click();
  await find(page, 'place', String(to));
  await expect(front(page, 'place-dialog')).toContainText(`以前月份的数字仍算在“${from}”`);
  await keep(page, 'org-move');
  await front(page, 'place-dialog-yes').click();
  await expect(front(page, 'done')).toContainText(`已移到“${to}”下面`);
  await keep(page, 'org-moved');
  await front(page, 'place-undo').click();
  await expect(front(page, 'org').locator('.path')).toContainText(String(from));

  await front(page, 'org-close').click();
  await fill(page, 'close-dialog-reason', '设立有误');
  await front(page, 'close-dialog-yes').click();
  await expect(front(page, 'closed')).toBeVisible();
  await front(page, 'org-reopen').click();
  await front(page, 'reopen-dialog-yes').click();
  await expect(front(page, 'closed')).toBeHidden();

  await front(page, 'org-merge').click();
  await front(page, 'place').getByTestId('tree-search').locator('input').fill('党支部');
  await front(page, 'place').locator('.line:not(.off) .words').first().click();
  await front(page, 'place-dialog-yes').click();
  await expect(front(page, 'done')).toContainText('已并入');
  await front(page, 'place-end').click();
  await expect(front(page, 'successor')).toBeVisible();
  await keep(page, 'org-merged', true);
  await front(page, 'to-history').click();
  await expect(front(page, 'past')).toHaveCount(7);
  for (const words of ['设立', '地址：村部二楼会议室', `由“${from}”改为“${to}”`, '原因：设立有误', '恢复', '并入']) await expect(front(page, 'org-history')).toContainText(words);
  await keep(page, 'org-history', true);
});

test('a secretary changes when and where the branch meets, and nothing of its shape; a member only looks', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  if (!branch?.members[0]) throw new Error('the demonstration has no branches');
  const page = await phones.open(branch.secretary.id, '#/pages/me/me');
  await front(page, 'my-branch').click();
  await expect(front(page, 'org-name')).toHaveText(branch.secretary.org);
  await keep(page, 'org-secretary', true);
  await expect(front(page, 'org-move')).toHaveCount(0);
  await front(page, 'org-edit').click();
  await expect(front(page, 'name-fixed')).toHaveText(branch.secretary.org);
  await fill(page, 'address-input', '镇文化站');
  await front(page, 'org-save').click();
  await expect(front(page, 'fact-address')).toHaveText('镇文化站');

  const member = await phones.open(branch.members[0].id, '#/pages/me/me');
  await expect(member.getByTestId('my-phone')).toBeVisible();
  await expect(member.getByTestId('my-branch')).toHaveCount(0);
});
