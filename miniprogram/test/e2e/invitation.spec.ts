/** Being bound when the phone number does not say who one is: by an invitation that the secretary decides on, and to a new phone. */
import { expect, fill, front, test } from './world';

test.use({ file: 'invitation' });

test('a code, a name, and the secretary says yes; another WeChat then takes the place of the first', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const newcomer = branch?.unbound[0];
  if (!branch || !newcomer) throw new Error('everybody has bound already');
  const [firstPhone, ...others] = (await sim.people()).filter(({ roles }) => roles.includes('resident'));
  const secondPhone = others[0];
  if (!firstPhone || !secondPhone) throw new Error('the demonstration has too few residents');

  const office = await phones.open(branch.secretary.id, '#/pkg-binding/pages/invite/invite');
  await office.getByTestId('invite-make').click();
  const code = (await office.getByTestId('invite-code').innerText()).trim();
  expect(code).toMatch(/^[A-HJ-NP-Z2-9]{4} [A-HJ-NP-Z2-9]{4}$/);

  const phone = await phones.open(firstPhone.id);
  await expect(phone.getByTestId('resident-home')).toContainText('向书记要邀请码');
  await phone.getByTestId('bind-notice').click();
  await front(phone, 'bind-code').click();
  await fill(phone, 'ask-code', code.toLowerCase());
  await fill(phone, 'ask-name', newcomer.name);
  await phone.getByTestId('ask-submit').click();
  await expect(phone.getByTestId('ask-waiting')).toContainText('等待书记确认');

  await office.goto('about:blank');
  await office.goto('/#/pages/me/me');
  await expect(front(office, 'my-branch')).toContainText('1 个申请');
  await front(office, 'my-branch').click();
  await expect(front(office, 'approvals')).toContainText('1 个');
  await front(office, 'approvals').click();
  await office.getByTestId(`approve-${newcomer.id}`).click();
  await expect(office.getByTestId('empty')).toContainText('没有要确认的申请');
  await phone.getByTestId('ask-look').click();
  await expect(phone.getByTestId('ask-bound')).toContainText(newcomer.name);

  const landing = await phones.open(secondPhone.id, `#/pages/checkin/checkin?q=${encodeURIComponent(`https://party.example/c/i${code.replace(' ', '')}`)}`);
  await fill(landing, 'ask-name', newcomer.name);
  await landing.getByTestId('ask-submit').click();
  await expect(landing.getByTestId('ask-waiting')).toBeVisible();
  await office.goto('about:blank');
  await office.goto('/#/pkg-binding/pages/approvals/approvals');
  await office.getByTestId(`approve-${newcomer.id}`).click();
  await office.getByTestId('replace-dialog-yes').click();
  await expect(office.getByTestId('empty')).toBeVisible();
  await landing.getByTestId('ask-look').click();
  await expect(landing.getByTestId('ask-bound')).toContainText(newcomer.name);

  await phone.goto('about:blank');
  await phone.goto('/#/');
  await expect(phone.getByTestId('resident-home'), 'the first phone is a resident again').toBeVisible();
  await office.goto('about:blank');
  await office.goto(`/#/pkg-binding/pages/member/member?id=${newcomer.id}`);
  await expect(office.getByTestId('log-1')).toContainText('换绑，原微信解除');
});
