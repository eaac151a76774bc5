/** The plate on the wall of a site: printed by its keeper, scanned for an event, a visit, or a choice. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Plate, Site, Visit } from '@/api/sites';
import type { Actor, Branch, Sim } from './actors';
import { keep } from './pictures';
import { expect, fill, front, pageOf, test } from './world';

test.use({ file: 'sites' });

interface Scene { admin: Actor; adminId: string; site: Site; plate: Plate; branch: Branch; other: Branch }

const siteOf = (page: string, id = ''): string => `#/pkg-sites/pages/${page}/${page}${id ? `?id=${id}` : ''}`;

/** A site of the district, made for one test alone. */
async function scene(sim: Sim, name: string): Promise<Scene> {
  const [branch, other] = await sim.branches();
  const admin = (await sim.people()).find(({ roles }) => roles.includes('admin'));
  if (!branch || !other || !admin) throw new Error('the demonstration has no branches or no admin');
  const actor = await sim.actor(admin.id);
  const { runs } = await actor.get<{ runs: { id: string }[] }>('/me');
  const site = await actor.post<Site>('/sites', { kind: 'red_education', name, orgId: runs[0]?.id, address: '冉庙乡中心路', introduction: '革命年代的秘密联络点。', opening: '周二至周日 9:00–17:00' });
  return { admin: actor, adminId: admin.id, site, plate: await actor.get<Plate>(`/sites/${site.id}/plate`), branch, other };
}

async function printed(page: Page, format: 'A4' | 'A5'): Promise<void> {
  const file = await page.pdf({ format, preferCSSPageSize: false, printBackground: true });
  await writeFile(join(test.info().project.outputDir, `plate-${format}.pdf`), file);
  const pages = file.toString('latin1').match(/\/Type\s*\/Page[^s]/g) ?? [];
  expect(pages, `${format} takes one sheet`).toHaveLength(1);
}

test('a keeper prints the plate on one sheet of A4 and A5, and replaces it', async ({ sim, phones }) => {
  const { adminId, site, plate } = await scene(sim, '淮海战役颍河阻击战魏沟口烈士纪念碑');
  const page = await phones.open(adminId, siteOf('site', site.id));
  await page.getByTestId('to-plate').click();
  await expect(front(page, 'plate-name')).toHaveText(site.name);
  await expect(front(page, 'plate-qr')).toBeVisible();
  await keep(page, 'sites-plate', true);
  await printed(page, 'A4');
  await printed(page, 'A5');
  const saved = page.waitForEvent('download');
  await page.getByTestId('plate-save').click();
  expect((await saved).suggestedFilename()).toBe(`场馆码-${site.name}.png`);
  await (await saved).saveAs(join(test.info().project.outputDir, 'plate.png'));
  await page.getByTestId('plate-renew').click();
  await page.getByTestId('renew-dialog-yes').click();
  await expect(front(page, 'plate-sheet')).toContainText('第 2 版');
  const old = await phones.open(adminId, pageOf.checkin(plate.url));
  await expect(old.getByTestId('result-text')).toContainText('已换新');
});

test('the plate checks in to the event that is held there, and offers a choice of two', async ({ sim, phones }) => {
  const { site, plate, branch } = await scene(sim, '红色小屋');
  const [who, second] = branch.members;
  if (!who || !second) throw new Error('too few members');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('走进红色小屋', { siteId: site.id });
  const page = await phones.open(who.id, pageOf.checkin(plate.url));
  await expect(page.getByTestId('result-title')).toHaveText('签到成功');
  await expect(page.getByTestId('subject')).toContainText('走进红色小屋');
  const mine = (await secretary.attendance(event.id)).find(({ memberId }) => memberId === who.id);
  expect(mine).toMatchObject({ status: 'present', source: 'plate' });

  const other = await secretary.meeting('小屋里的党课', { siteId: site.id });
  const chooser = await phones.open(second.id, pageOf.checkin(plate.url));
  await expect(chooser.getByTestId('choosing')).toContainText('走进红色小屋');
  await keep(chooser, 'sites-choice');
  await chooser.getByTestId(`choice-${other.id}`).click();
  await expect(chooser.getByTestId('result-title')).toHaveText('签到成功');
  expect((await secretary.attendance(other.id)).find(({ memberId }) => memberId === second.id)).toMatchObject({ source: 'plate' });
});

test('without an event the plate records visitors, and the keeper sees them', async ({ sim, phones }) => {
  const { adminId, site, plate, branch, other } = await scene(sim, '茨淮新河建设历史陈列馆');
  const [who] = branch.members;
  const [stranger] = other.members;
  if (!who || !stranger) throw new Error('too few members');
  const secretary = await phones.open(branch.secretary.id, siteOf('site', site.id));
  await secretary.getByTestId('visit-open').click();
  await fill(secretary, 'visit-note-input', '新党员参观学习');
  await keep(secretary, 'sites-visit-open');
  await secretary.getByTestId('visit-save').click();
  await expect(secretary.getByTestId('visit-save')).toBeHidden();

  const page = await phones.open(who.id, pageOf.checkin(plate.url));
  await expect(page.getByTestId('result-title')).toHaveText('已登记参观');
  await keep(page, 'sites-visited');
  const outsider = await phones.open(stranger.id, pageOf.checkin(plate.url));
  await expect(outsider.getByTestId('result-text')).toContainText('没有您要参加的活动');

  const keeper = await phones.open(adminId, siteOf('visits', site.id));
  await expect(keeper.getByTestId('today-count')).toHaveText('1');
  await keep(keeper, 'sites-visits');
  const sim1 = await sim.actor(adminId);
  const [visit] = (await sim1.get<{ items: Visit[] }>(`/sites/${site.id}/visits?month=${new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 7)}`)).items;
  await keeper.getByTestId(`visit-${visit?.id}`).click();
  await expect(keeper.getByTestId(`visitor-${who.id}`)).toContainText(who.name);
  await keeper.getByTestId('visit-end').click();
  await expect(keeper.getByTestId('visit-end')).toBeHidden();
});

test('an admin registers a site, and a secretary plans an event there', async ({ sim, phones }) => {
  const { adminId, site, branch } = await scene(sim, '村口板凳会旧址');
  const page = await phones.open(adminId, siteOf('edit'));
  await fill(page, 'name-input', '石桥村远程教育站点');
  await page.getByTestId('kind-station').click();
  await page.getByTestId('site-save').click();
  await expect(front(page, 'site-name')).toHaveText('石桥村远程教育站点');
  await keep(page, 'sites-site', true);

  const secretary = await phones.open(branch.secretary.id, pageOf.secretary('edit'));
  await secretary.getByTestId('site-open').click();
  await fill(secretary, 'site-search', '板凳会');
  await secretary.getByTestId(`pick-${site.id}`).click();
  await expect(secretary.getByTestId('place-input').locator('input')).toHaveValue(site.name);
  await secretary.getByTestId('save-draft').click();
  await expect(front(secretary, 'event')).toContainText(site.name);
  const drafts = await (await sim.actor(branch.secretary.id)).events('scope=run&when=all&limit=50');
  expect(drafts.find(({ place }) => place.name === site.name)?.siteId).toBe(site.id);
});
