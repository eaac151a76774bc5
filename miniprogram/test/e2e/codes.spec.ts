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
