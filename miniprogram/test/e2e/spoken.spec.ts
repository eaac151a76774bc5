/** Six digits, read out in the hall, for whoever cannot scan. */
import type { Page } from '@playwright/test';
import { expect, fill, test } from './world';

test.use({ file: 'spoken' });

const ATTEMPTS = 5;

/** Types the digits into the sheet on the front page and sends them for the event. */
async function says(page: Page, eventId: string, digits: string): Promise<void> {
  await page.getByTestId('spoken-open').click();
  await page.getByTestId(`spoken-event-${eventId}`).click();
  await fill(page, 'spoken-input', digits);
  await page.getByTestId('spoken-submit').click();
}

/** Digits that are not these. */
const wrong = (digits: string): string => String((Number(digits) + 1) % 1_000_000).padStart(6, '0');

test('six digits check in, five are asked for again', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const who = branch?.members[0];
  if (!branch || !who) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('口令签到');
  const page = await phones.open(who.id);
  await page.getByTestId('spoken-open').click();
  await page.getByTestId(`spoken-event-${event.id}`).click();
  await fill(page, 'spoken-input', '48291');
  await page.getByTestId('spoken-submit').click();
  await expect(page.getByTestId('spoken-sheet')).toContainText('口令是六位数字，请再看一下');

  const { spoken } = await secretary.code(event.id);
  await fill(page, 'spoken-input', spoken);
  await page.getByTestId('spoken-submit').click();
  await expect(page.getByTestId('result-title')).toHaveText('签到成功');
  const mine = (await secretary.attendance(event.id)).find(({ memberId }) => memberId === who.id);
  expect(mine).toMatchObject({ status: 'present', source: 'spoken' });
});

test('guessing ends after five wrong ones, also for the right one', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const who = branch?.members[1];
  if (!branch || !who) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('猜口令');
  const page = await phones.open(who.id);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await says(page, event.id, wrong((await secretary.code(event.id)).spoken));
    await expect(page.getByTestId('result-title')).toHaveText('没有签到');
    await expect(page.getByTestId('result-text')).toHaveText('口令不对，请看会场屏幕上的六位数字');
    await page.getByTestId('to-home').click();
  }
  await says(page, event.id, (await secretary.code(event.id)).spoken);
  await expect(page.getByTestId('result-text')).toHaveText('口令输错太多次，请十分钟后再试，或请书记点名');
  await expect(page.getByTestId('advice')).toContainText('请改用扫码，或请书记直接点名');

  await sim.advance('10m1s');
  await page.getByTestId('to-home').click();
  await says(page, event.id, (await secretary.code(event.id)).spoken);
  await expect(page.getByTestId('result-done')).toBeVisible();
});
