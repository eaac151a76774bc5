/** Roles: given, taken and handed over on the phone, and how the first admin of an installation begins. */
import type { Browser, Page } from '@playwright/test';
import type { EventItem } from '@/api/events';
import { Sim, type Branch } from './actors';
import { measure } from './measure';
import { keep } from './pictures';
import { Server } from './server';
import { watch } from './watch';
import { expect, fill, front, test, visit } from './world';

test.use({ file: 'roles' });

const rolesOf = (org: string): string => `#/pkg-roles/pages/roles/roles?org=${org}`;
const adminOf = async (sim: Sim): Promise<string> => (await sim.people()).find(({ roles }) => roles.includes('admin'))?.id ?? '';

async function branchOf(sim: Sim, which: number): Promise<Branch & { org: string }> {
  const branch = (await sim.branches())[which];
  if (!branch) throw new Error('the demonstration has too few branches');
  const { member } = await (await sim.actor(branch.secretary.id)).get<{ member: { orgId: string } }>('/me');
  return { ...branch, org: member.orgId };
}

async function pick(page: Page, name: string, id: string): Promise<void> {
  await fill(page, 'member-search', name);
  await page.getByTestId(`member-${id}`).click();
}

test('an admin gives and takes a role, and stays while there is no other', async ({ sim, phones }) => {
  const { org, members } = await branchOf(sim, 0);
  const [one] = members;
  const admin = await adminOf(sim);
  const page = await phones.open(admin, rolesOf(org));
  await page.getByTestId('appoint').click();
  await page.getByTestId('role-keeper').click();
  await pick(page, one?.name ?? '', one?.id ?? '');
  await expect(page.getByTestId('grant-dialog')).toContainText(`${one?.name}担任讲解员，马上生效`);
  await page.getByTestId('grant-dialog-yes').click();
  await expect(page.getByTestId(`holder-keeper-${one?.id}`)).toContainText('任命');
  await page.getByTestId(`revoke-keeper-${one?.id}`).click();
  await page.getByTestId('revoke-dialog').getByText('工作调动').click();
  await page.getByTestId('revoke-dialog-yes').click();
  await expect(page.getByTestId('former-0')).toContainText(one?.name ?? '');

  const { roles } = await (await sim.actor(admin)).get<{ roles: { role: string; orgId: string }[] }>('/me');
  await visit(page, rolesOf(roles.find(({ role }) => role === 'admin')?.orgId ?? ''));
  await page.getByTestId(`revoke-admin-${admin}`).click();
  await fill(page, 'revoke-dialog-reason', '换人');
  await page.getByTestId('revoke-dialog-yes').click();
  await expect(page.getByTestId('revoke-dialog')).toContainText('这是这里最后一位管理员，请先任命另一位管理员');
  await keep(page, 'roles-last-admin');
});

test('on the day of handing over everything is the successor’s at once, and the predecessor may only look', async ({ sim, phones }) => {
  const { org, secretary, members } = await branchOf(sim, 1);
  const heir = members[2];
  if (!heir) throw new Error('the branch is too small');
  const open = await (await sim.actor(secretary.id)).meeting('交接前发布的会');
  const before = await phones.open(secretary.id, '#/pages/me/me');
  const page = await phones.open(await adminOf(sim), `#/pkg-roles/pages/handover/handover?org=${org}`);
  await page.getByTestId(`from-${secretary.id}`).click();
  await expect(page.getByTestId('task-published')).toContainText('已发布的活动');
  await page.getByTestId('heir').click();
  await pick(page, heir.name, heir.id);
  await keep(page, 'handover-ready', true);
  await page.getByTestId('pass').click();
  await expect(page.getByTestId('pass-dialog')).toContainText(`书记由${secretary.name}交给${heir.name}，马上生效`);
  await keep(page, 'handover-sure');
  await page.getByTestId('pass-dialog-yes').click();
  await expect(page.getByText(`${secretary.name} → ${heir.name}：书记`)).toBeVisible();
  await keep(page, 'handover-done', true);

  const after = await phones.open(heir.id, '#/pages/me/me');
  await expect(front(after, 'me')).toContainText('书记');
  expect((await (await sim.actor(heir.id)).get<EventItem>(`/events/${open.id}`)).can.edit, 'what was published is the successor’s').toBe(true);
  await visit(before, rolesOf(org));
  await expect(before.getByTestId('my-term')).toContainText('已经结束');
  await expect(before.getByTestId('appoint')).toHaveCount(0);
  await keep(before, 'roles-my-term', true);
  expect(await measure(before)).toEqual([]);

  await page.getByText('撤销（一天内）').click();
  await page.getByTestId('undo-dialog-yes').click();
  await expect(page.getByText('已撤销').first()).toBeVisible();
  await visit(before, rolesOf(org));
  await expect(before.getByTestId(`holder-secretary-${secretary.id}`)).toBeVisible();
  await expect(before.getByTestId('my-term')).toHaveCount(0);
});

/** A district as an operator loads it: with people, and nobody in office. */
const TREE = `name: 临溪区委
kind: district
orgs:
  - {name: 石桥村党支部, kind: branch, members: [{name: 王建国, phone: "13900000001"}]}
`;

async function installed(browser: Browser, work: (page: Page, server: Server, faults: string[]) => Promise<void>): Promise<void> {
  const server = await Server.start('setup', (fresh) => fresh.importTree(TREE));
  const context = await browser.newContext({ baseURL: server.url });
  try {
    const page = await context.newPage();
    await work(page, server, watch(page, server.url));
  } finally {
    await context.close();
    await server.stop();
  }
}

test('the first admin binds, enters the one-time code of the operator, and nobody is offered it again', async ({ browser }) => {
  await installed(browser, async (page, server, faults) => {
    const first = (await new Sim(server.url).people()).find(({ name }) => name === '王建国')?.id ?? '';
    await page.goto(`/?as=${first}#/pages/me/me`);
    await expect(page.getByTestId('bind-card')).toBeVisible();
    await expect(page.getByTestId('setup'), 'without a code there is nothing to enter').toHaveCount(0);

    const printed = await server.command('setup-code');
    expect(printed, 'the command says where it is entered').toMatch(/我的.*首次设置/);
    const [code] = printed.split('\n');
    await visit(page, '#/pages/me/me');
    await keep(page, 'me-setup');
    await page.getByTestId('setup').click();
    await expect(page.getByTestId('setup-bind')).toContainText('先绑定您自己');
    await keep(page, 'setup-bind');
    await page.getByTestId('bind').filter({ visible: true }).click();
    await fill(page, 'setup-code', 'WXYZ-0000-0000');
    await page.getByTestId('setup-save').click();
    await expect(page.getByTestId('setup-error')).toContainText('设置码不对');
    await fill(page, 'setup-code', code?.toLowerCase().replaceAll('-', ' ') ?? '');
    await page.getByTestId('setup-save').click();
    await expect(front(page, 'me')).toContainText('临溪区委 · 管理员');
    await expect(page.getByTestId('setup').filter({ visible: true })).toHaveCount(0);
    await expect(server.command('setup-code')).rejects.toThrow('administers the root already');
    expect(faults).toEqual([]);
  });
});
