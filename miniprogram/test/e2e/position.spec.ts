/** Where a phone was, when its owner says so: asked for once per scan, compared by the server, and never in the way. */
import { keep } from './pictures';
import { expect, pageOf, test } from './world';

test.use({ file: 'position' });

const HALL = { lat: 30.2741, lng: 109.4802 };
const NEAR = { latitude: HALL.lat + 0.001, longitude: HALL.lng, accuracy: 30 };
const FAR = { latitude: HALL.lat + 0.2, longitude: HALL.lng, accuracy: 30 };

test('a member chooses whether the position goes along, and the secretary sees what came of it', async ({ sim, phones }) => {
  const [branch] = await sim.branches();
  const [near, refuses, denied, far] = branch?.members ?? [];
  if (!branch || !near || !refuses || !denied || !far) throw new Error('the demonstration has too few people');
  const secretary = await sim.actor(branch.secretary.id);
  const event = await secretary.meeting('标了位置的会场', { place: { name: '村党群服务中心二楼', position: HALL } });
  const scan = pageOf.checkin((await secretary.code(event.id)).url);

  const one = await phones.open(near.id, scan, { geolocation: NEAR, permissions: ['geolocation'] });
  await expect(one.getByTestId('asking')).toContainText('不附也一样能签到');
  await keep(one, 'position-asked');
  await one.getByTestId('position-yes').click();
  await expect(one.getByTestId('result-title')).toHaveText('签到成功');

  const two = await phones.open(refuses.id, scan);
  await two.getByTestId('position-always').click();
  await two.getByTestId('position-no').click();
  await expect(two.getByTestId('result-title')).toHaveText('签到成功');

  // says yes in the client, and no to the browser's own question
  const three = await phones.open(denied.id, scan, { permissions: [] });
  await three.getByTestId('position-yes').click();
  await expect(three.getByTestId('result-title')).toHaveText('签到成功', { timeout: 15_000 });

  const four = await phones.open(far.id, scan, { geolocation: FAR, permissions: ['geolocation'] });
  await four.getByTestId('position-yes').click();
  await expect(four.getByTestId('result-title')).toHaveText('签到成功');

  const roll = await phones.open(branch.secretary.id, pageOf.secretary('attendance', event.id));
  await roll.getByTestId('tab-came').click();
  for (const [who, words] of [[near, '在附近'], [refuses, '未附位置'], [denied, '未附位置'], [far, '5 公里以外']] as const) {
    const row = (await secretary.attendance(event.id)).find(({ memberName }) => memberName === who.name);
    await expect(roll.getByTestId(`row-${row?.memberId ?? ''}`)).toContainText(words);
  }
  await keep(roll, 'position-list', true);

  // who said no for good is not asked at the next event
  const next = await secretary.meeting('下一次', { place: { name: '村党群服务中心二楼', position: HALL } });
  await two.goto('about:blank');
  await two.goto(`/${pageOf.checkin((await secretary.code(next.id)).url)}`);
  await expect(two.getByTestId('result-title')).toHaveText('签到成功');
});
