import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { ScanAnswer } from '@/api/checkins';
import type { Visit } from '@/api/sites';
import { platform } from '../fakes/platform';
import { attendance, brief, me, scanAnswer } from '../fakes/nouns';
import { find, open, tap } from '../fakes/page';

const api = vi.hoisted(() => ({ checkins: { scan: vi.fn(), checkin: vi.fn(), batch: vi.fn() }, sites: { join: vi.fn() }, people: { me: vi.fn(), bind: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Checkin from '@/pages/checkin/checkin.vue';

const PLATE = 'https://d.example/c/s0123456789abc.AAAAAAAAAAAAAAAA';
const visit: Visit = {
  id: 'v000000000001', siteId: 's000000000001', org: { id: 'b1', name: '石桥村党支部', kind: 'branch' }, note: '', opensAt: '2026-12-10T06:00:00Z',
  closesAt: '2026-12-10T09:00:00Z', endedAt: null, open: true, visitors: 1,
};
const choice = (id: string, title: string): ScanAnswer['items'][number] => ({ ticket: `ticket-${id}`, subject: { kind: 'event', id, title, event: brief({ id, title }), visit: null }, already: null });

beforeEach(() => {
  vi.resetAllMocks();
  platform.secrets.clear();
  platform.storage.clear();
  api.people.me.mockResolvedValue(me());
  api.checkins.checkin.mockResolvedValue({ attendance: attendance({ status: 'present', source: 'plate', at: '2026-12-10T06:58:00Z' }), repeated: false, event: brief() });
});

describe('a scanned plate', () => {
  it('asks which of several, and checks in with the ticket of that one', async () => {
    const items = [choice('e1', '党小组会'), choice('e2', '党课')];
    api.checkins.scan.mockResolvedValue(scanAnswer({ ticket: '', subject: { kind: 'choice', id: 's1', title: '红色小屋', event: null, visit: null }, items }));
    const { page } = await open(Checkin, { q: PLATE });
    expect(find(page, 'choosing').text()).toContain('红色小屋');
    expect(api.checkins.checkin).not.toHaveBeenCalled();
    await tap(page, 'choice-e2');
    expect(api.checkins.checkin).toHaveBeenCalledWith({ key: expect.any(String) as string, ticket: 'ticket-e2', device: expect.any(String) as string });
    expect(find(page, 'result-title').text()).toBe('签到成功');
  });

  it('records a visitor where no event is on', async () => {
    api.checkins.scan.mockResolvedValue(scanAnswer({ subject: { kind: 'visit', id: visit.id, title: '红色小屋', event: null, visit } }));
    api.sites.join.mockResolvedValue({ visit, at: '2026-12-10T06:58:00Z', repeated: false });
    const { page } = await open(Checkin, { scene: 's0123456789abc.AAAAAAAAAAAAAAAA' });
    expect(api.sites.join).toHaveBeenCalledWith(visit.id, 'ticket-1', undefined);
    expect(api.checkins.checkin).not.toHaveBeenCalled();
    expect(find(page, 'result-title').text()).toBe('已登记参观');
    expect(find(page, 'subject-visit').text()).toContain('红色小屋');
  });

  it('asks a resident to bind and asks the server again afterwards', async () => {
    api.checkins.scan.mockRejectedValueOnce(new ApiError(403, 'not_bound', '请先绑定')).mockResolvedValue(scanAnswer());
    const { page } = await open(Checkin, { q: PLATE });
    expect(find(page, 'bind-card').exists()).toBe(true);
    (page.getComponent({ name: 'BindCard' }) as unknown as { vm: { $emit: (name: string) => void } }).vm.$emit('bound');
    await vi.waitFor(() => { expect(find(page, 'result-title').text()).toBe('签到成功'); });
    expect(api.checkins.scan).toHaveBeenCalledTimes(2);
  });
});
