/** A code screen that loses its network, and a code that has leaked. */
import { keep } from './pictures';
import { expect, fill, pageOf, test } from './world';

test.use({ file: 'codes' });

test('the screen in the hall goes on without a network, and its codes are taken', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const who = branch?.members[0];
  if (!branch || !who) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('断网的会场');
  const screen = await phones.open(branch.secretary.id, pageOf.secretary('code', event.id));
  await expect(screen.getByTestId('qr')).toBeVisible();
  const before = await screen.getByTestId('code-url').textContent();
  // every request for a code hangs up; only that, so that the rest of the page stays quiet
  await screen.route('**/code?**', (route) => route.abort('internetdisconnected'));
  await expect(screen.getByTestId('code-lasts')).toBeVisible({ timeout: 20_000 });
  await expect(screen.getByTestId('code-url')).not.toHaveText(before ?? '', { timeout: 20_000 });
  await keep(screen, 'code-without-network');
  const url = await screen.getByTestId('code-url').textContent();
  await (await sim.actor(who.id)).post('/checkins', { key: 'offline-screen', code: url });
  expect((await secretary.attendance(event.id)).find(({ memberId }) => memberId === who.id)).toMatchObject({ status: 'present' });
});

test('two screens show the same code, and one that was locked shows the present one when it is lit again', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const [first, second] = branch?.members.slice(2) ?? [];
  if (!branch || !first || !second) throw new Error('the demonstration has too few people');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('两块屏幕');
  const code = pageOf.secretary('code', event.id);
  const [wall, phone] = [await phones.open(branch.secretary.id, code), await phones.open(branch.organiser.id, code)];
  const shown = async (screen: typeof wall): Promise<string> => await screen.getByTestId('code-url').textContent() ?? '';
  await expect(wall.getByTestId('qr')).toBeVisible();
  await expect(phone.getByTestId('qr')).toBeVisible();
  await expect.poll(async () => await shown(wall) === await shown(phone), { timeout: 15_000 }).toBe(true);
  await (await sim.actor(first.id)).post('/checkins', { key: 'wall', code: await shown(wall) });
  await (await sim.actor(second.id)).post('/checkins', { key: 'phone', code: await shown(phone) });
  for (const screen of [wall, phone]) for (const one of [first, second]) await expect(screen.getByText(one.name, { exact: true })).toBeVisible({ timeout: 15_000 });

  const light = (on: boolean): Promise<void> => phone.evaluate((lit) => {
    Object.defineProperty(document, 'visibilityState', { value: lit ? 'visible' : 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, on);
  const old = await shown(phone);
  await light(false);
  await sim.advance('5m');
  await light(true);
  await expect(phone.getByTestId('code-url')).not.toHaveText(old, { timeout: 15_000 });
  const [third] = branch.members.slice(4);
  if (!third) throw new Error('the demonstration has too few people');
  const late = await sim.actor(third.id);
  await expect(late.post('/scans', { code: old })).rejects.toThrow(/code_expired/);
  await late.post('/checkins', { key: 'lit', code: await shown(phone) });
  await sim.setClock(new Date());
});

test('a leaked code is replaced on the spot', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const who = branch?.members[1];
  if (!branch || !who) throw new Error('the demonstration has no branches');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('泄露的签到码');
  const { url: leaked } = await secretary.code(event.id);
  const screen = await phones.open(branch.secretary.id, pageOf.secretary('code', event.id));
  await screen.getByTestId('renew').click();
  await fill(screen, 'renew-dialog-reason', '二维码被转发');
  await screen.getByTestId('renew-dialog-yes').click();
  await expect(screen.getByTestId('renew-dialog-reason')).toBeHidden();
  const member = await sim.actor(who.id);
  // another server may take the old code for as long as it believes what it remembers; this one must not
  await expect(member.post('/scans', { code: leaked })).rejects.toThrow(/code_forged/);
  const roll = await phones.open(branch.secretary.id, pageOf.secretary('attendance', event.id));
  await expect(roll.getByTestId('failed').first()).toContainText(who.name);
  await keep(roll, 'codes-review', true);
  await member.post('/checkins', { key: 'new-code', code: (await secretary.code(event.id)).url });
});
