/** The work in one sentence: publish, be reminded, scan, be in the record, and nobody reports anything twice. */
import type { BrowserContext, Page } from '@playwright/test';
import type { CheckinAnswer, ScanAnswer } from '@/api/checkins';
import type { EventItem } from '@/api/events';
import type { Sim, Someone } from './actors';
import { document, keep } from './pictures';
import { expect, fill, front, pageOf, test, visit, type Phones } from './world';

test.use({ file: 'main-job' });

const TITLE = '冬训动员会';
const PLACE = '村党群服务中心二楼';
const DAY_MS = 86_400_000;
const EIGHT_HOURS = 8 * 3600_000;

/** An instant of the day `days` from today, on the clocks of Shanghai. */
function shanghai(days: number, hour: number): Date {
  const midnight = Math.floor((Date.now() + EIGHT_HOURS) / DAY_MS) * DAY_MS - EIGHT_HOURS;
  return new Date(midnight + days * DAY_MS + hour * 3600_000);
}

/** Two people, each with a phone, and the event between them. */
interface Story {
  sim: Sim; phones: Phones; office: BrowserContext; street: BrowserContext;
  secretary: Page; member: Page; who: Someone; others: Someone[]; event: EventItem; screens: Record<string, Buffer>;
}

/** A member whom nothing reached so far: has never been asked, and does not follow the official account either. */
async function silent(sim: Sim, members: Someone[]): Promise<Someone> {
  for (const one of members.filter(({ follows }) => !follows)) {
    const templates = await (await sim.actor(one.id)).templates();
    if (templates.every(({ setting }) => setting === 'unknown')) return one;
  }
  throw new Error('everybody can be reached');
}

/** On an event's page: 到时提醒我, and yes to what WeChat asks. */
async function allow(page: Page): Promise<void> {
  await front(page, 'remind').click();
  const sheet = page.getByTestId('subscribe-sheet');
  await expect(sheet).toContainText('主题党日 申请');
  await expect(sheet.getByRole('checkbox').first()).toBeChecked();
  await page.getByTestId('subscribe-accept').click();
  await expect(sheet).toBeHidden();
  await expect(front(page, 'grant-left')).toContainText('还可提醒您');
}

async function allowsBefore({ sim, member, who }: Story): Promise<void> {
  const [next] = await (await sim.actor(who.id)).events('when=upcoming&scope=mine');
  expect(next, 'the branch has announced its next theme day').toBeTruthy();
  await member.getByTestId('next-event').click();
  await expect(front(member, 'title')).toHaveText(next?.title ?? '');
  await allow(member);
}

async function publishes(story: Story): Promise<void> {
  const page = story.secretary;
  await front(page, 'new-event').click();
  await fill(page, 'title-input', TITLE);
  await page.getByTestId('start-now').click();
  await page.getByTestId('publish').click();
  await expect(page.getByTestId('form-error'), 'the place is missing').toContainText('请填写地点');
  await fill(page, 'place-input', PLACE);
  await page.getByTestId('more-settings').click();
  await fill(page, 'summary-input', '学习会议精神，布置冬训安排。请带笔记本。');
  await page.getByTestId('publish').click();
  const dialog = page.getByTestId('publish-dialog');
  await expect(dialog).toContainText(/\d+ 人中 \d+ 人可收到微信提醒，\d+ 人需要电话通知/);
  story.screens.publish = await keep(page, 'main-publish');
  const answered = page.waitForResponse(/\/publish$/);
  await page.getByTestId('publish-dialog-yes').click();
  story.event = await (await answered).json() as EventItem;
  await expect(front(page, 'title')).toHaveText(TITLE);
  await expect(front(page, 'show-code')).toBeVisible();
}

/** The member's phone shows the message, in the tab of the simulated phone that the client opens. */
async function isTold({ sim, member, who }: Story): Promise<Page> {
  await expect.poll(async () => (await sim.messages(who.id)).map(({ title }) => title)).toEqual(['活动通知']);
  await visit(member, '#/pages/me/me');
  const opened = member.waitForEvent('popup');
  await member.getByTestId('sim-phone').click();
  const phone = await opened;
  await expect(phone.locator('.card')).toHaveCount(1);
  await expect(phone.locator('.card')).toContainText(TITLE);
  await expect(phone.locator('.card')).toContainText(PLACE);
  return phone;
}

async function allowsAgain({ event }: Story, phone: Page): Promise<void> {
  await phone.getByText('进入小程序查看').click();
  await expect(front(phone, 'title')).toHaveText(event.title);
  await allow(phone);
}

async function isTheDayBefore(story: Story): Promise<void> {
  const { sim, member, who, secretary, event } = story;
  await sim.setClock(shanghai(-1, 18.01));
  await expect.poll(async () => (await sim.messages(who.id)).length).toBe(2);
  await member.goto(`/__sim/phone?person=${who.id}`);
  await expect(member.locator('.card')).toHaveCount(2);
  await expect(member.locator('.card').last()).toContainText('活动即将开始提醒');
  await expect(member.locator('.card').last()).toContainText(TITLE);
  story.screens.phone = await keep(member, 'main-phone');
  await secretary.getByTestId('show-reminders').click();
  await expect(secretary.getByTestId('reminder-day_before')).toContainText('已发完');
  await expect(secretary.getByTestId('reminder-day_before')).toContainText('已送达');
  await expect(secretary.locator('[data-testid^=phone-]').first(), 'who must be phoned').toBeVisible();
  await visit(secretary, pageOf.event(event.id));
}

async function showsCode({ secretary, event }: Story): Promise<string> {
  await front(secretary, 'show-code').click();
  await expect(secretary.getByTestId('qr')).toBeVisible();
  await expect(secretary.getByTestId('live-state')).toHaveText('实时');
  await expect(secretary.getByTestId('code-text')).toHaveText(/^\d{3} \d{3}$/);
  const url = (await secretary.getByTestId('code-url').textContent() ?? '').trim();
  expect(url).toContain(`/c/e${event.id}.`);
  return url;
}

/** The second context reads the code that is on the first one's screen, as a link. */
async function scansByLink(story: Story, url: string): Promise<{ page: Page; at: string }> {
  const { phones, street, who, secretary } = story;
  const page = await phones.open(who.id, '#/pages/me/me', street);
  const answered = page.waitForResponse(/\/checkins$/);
  await visit(page, pageOf.checkin(url));
  const answer = await (await answered).json() as CheckinAnswer;
  expect(answer).toMatchObject({ repeated: false, attendance: { status: 'present', source: 'scan', memberName: who.name } });
  await expect(page.getByTestId('result-title')).toHaveText('签到成功');
  await expect(page.getByTestId('result-text')).toContainText(`${who.name}同志`);
  story.screens.done = await keep(page, 'main-done');
  await expect(secretary.getByTestId(`came-${who.id}`), 'live, without reload').toContainText(who.name);
  await expect(secretary.getByTestId('count-present')).toHaveText('1');
  return { page, at: answer.attendance.at ?? '' };
}

async function scansPicture(page: Page, picture: Buffer): Promise<void> {
  await front(page, 'scan').click();
  await page.getByTestId('scan-file').setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: picture });
}

async function scansAgain(page: Page, picture: Buffer, at: string): Promise<void> {
  await page.getByTestId('to-home').click();
  const answered = page.waitForResponse(/\/scans$/);
  await scansPicture(page, picture);
  const answer = await (await answered).json() as ScanAnswer;
  expect(answer.already?.at, 'the same instant').toBe(at);
  await expect(page.getByTestId('result-title')).toHaveText('已经签到过了');
  await expect(page.getByTestId('result-text')).toContainText('已签到，不用再签');
}

async function othersScan(story: Story, picture: Buffer): Promise<void> {
  const { phones, street, others, secretary } = story;
  const [first, second] = others as [Someone, Someone];
  const byPicture = await phones.open(first.id, '#/', street);
  await scansPicture(byPicture, picture);
  await expect(byPicture.getByTestId('result-title')).toHaveText('签到成功');
  const byPaste = await phones.open(second.id, '#/', street);
  await front(byPaste, 'scan').click();
  await byPaste.getByTestId('scan-paste').fill((await secretary.getByTestId('code-url').textContent() ?? '').trim());
  await byPaste.getByTestId('scan-submit').click();
  await expect(byPaste.getByTestId('result-title')).toHaveText('签到成功');
  await expect(secretary.getByTestId('count-present')).toHaveText('3');
  await expect(secretary.locator('[data-testid^=came-]').first(), 'the newest is on top').toContainText(second.name);
  story.screens.code = await keep(secretary, 'main-code');
}

async function forwardedIsRefused({ sim, phones, street, others }: Story, url: string): Promise<void> {
  await sim.advance('61s');
  const page = await phones.open(others[2]?.id ?? '', pageOf.checkin(url), street);
  await expect(page.getByTestId('result-title')).toHaveText('没有签到');
  await expect(page.getByTestId('result-text')).toContainText('过期');
  await expect(page.getByTestId('advice')).toContainText('请对准大屏幕重新扫一次');
}

const row = (page: Page, one: Someone | undefined): ReturnType<Page['getByTestId']> => page.getByTestId(`row-${one?.id ?? ''}`);

async function callsTheRoll({ secretary: page, others }: Story): Promise<void> {
  const [, , absent, ill] = others as [Someone, Someone, Someone, Someone];
  await page.getByTestId('to-attendance').click();
  await expect(row(page, absent)).toBeVisible();
  await page.getByTestId(`mark-${absent.id}`).click();
  await expect(page.getByTestId('snackbar')).toContainText(`${absent.name}：已到`);
  await expect(front(page, 'count-present')).toHaveText('4');
  await page.getByTestId('undo').click();
  await expect(page.getByTestId('snackbar')).toContainText('已撤回');
  await expect(front(page, 'count-present')).toHaveText('3');
  await expect(row(page, absent)).toBeVisible();

  await row(page, ill).click();
  await page.getByTestId('status-sick').click();
  await page.getByTestId('mark-save').click();
  await expect(row(page, ill)).toBeHidden();
  await page.getByTestId('tab-leave').click();
  await expect(row(page, ill)).toContainText('病假');
  await expect(front(page, 'count-leave')).toHaveText('1');
}

async function closes({ secretary: page, event }: Story): Promise<void> {
  await visit(page, pageOf.event(event.id));
  await page.getByTestId('close-event').click();
  await expect(page.getByTestId('close-dialog')).toContainText(/其中 \d+ 人没有记录，将记为缺席/);
  await page.getByTestId('close-dialog-yes').click();
  await expect(page.getByTestId('state-tag').first()).toHaveText('已办结');
  await expect(page.getByTestId('show-code')).toHaveCount(0);
}

/** A leave that is handed in afterwards: the record is corrected, with the reason, and says so. */
async function corrects({ secretary: page, others }: Story): Promise<void> {
  const absent = others[2] as Someone;
  await page.getByTestId('show-attendance').click();
  await expect(row(page, absent)).toContainText('缺席');
  await row(page, absent).click();
  await page.getByTestId('status-private').click();
  await expect(page.getByTestId('mark-save').locator('visible=true'), 'a reason is needed').toHaveAttribute('disabled', /.*/);
  await fill(page, 'reason-input', '补交请假手续');
  await page.getByTestId('mark-save').click();
  await expect(row(page, absent)).toBeHidden();
  await page.getByTestId('tab-leave').click();
  await expect(row(page, absent)).toContainText('事假');
  await expect(row(page, absent)).toContainText('补交请假手续');
}

async function hasTheRecord(page: Page, { event }: Story): Promise<void> {
  await visit(page, '#/pages/record/record');
  const line = page.getByTestId(`record-${event.id}`);
  await expect(line).toContainText(TITLE);
  await expect(line).toContainText('扫码');
  await expect(line).toContainText('已到');
}

test('publish, be reminded, scan, be in the record', async ({ sim, phones, browser }) => {
  test.setTimeout(120_000);
  const [branch] = await sim.branches();
  if (!branch) throw new Error('the demonstration has no branches');
  const who = await silent(sim, branch.members);
  // the browser's clock stays where it is, so that everything is seen on the day of the meeting; the server's is moved
  await sim.setClock(shanghai(-2, 10));
  const [office, street] = [await phones.context(), await phones.context()];
  const story: Story = {
    sim, phones, office, street, who, others: branch.members.filter((one) => one.id !== who.id),
    secretary: await phones.open(branch.secretary.id, '#/', office), member: await phones.open(who.id, '#/', street),
    event: undefined as unknown as EventItem, screens: {},
  };
  await test.step('the member allows messages', () => allowsBefore(story));
  await test.step('the secretary publishes', () => publishes(story));
  const phone = await test.step('the member is told', () => isTold(story));
  await test.step('and asks to be reminded', () => allowsAgain(story, phone));
  await test.step('the day before', () => isTheDayBefore(story));

  await sim.setClock(new Date());
  const url = await test.step('the code is shown', () => showsCode(story));
  const picture = await story.secretary.getByTestId('qr').screenshot();
  const { page, at } = await test.step('the member scans', () => scansByLink(story, url));
  await test.step('a second scan changes nothing', () => scansAgain(page, picture, at));
  await test.step('others scan a picture and paste', () => othersScan(story, picture));
  await test.step('a forwarded code is refused', () => forwardedIsRefused(story, url));
  await test.step('the roll', () => callsTheRoll(story));
  await test.step('the end', () => closes(story));
  await test.step('a correction', () => corrects(story));
  await test.step('the record', () => hasTheRecord(page, story));
  const captions = { publish: '书记发布', phone: '党员收到提醒', code: '会场出码', done: '扫码签到' };
  await document(browser, 'main-job', Object.entries(captions).map(([name, caption]) => ({ caption, picture: story.screens[name] as Buffer })));
});
