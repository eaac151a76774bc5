import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import { platform } from '../fakes/platform';
import { request, secretary } from '../fakes/nouns';
import { find, open, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({ people: { me: vi.fn() }, requests: { toDecide: vi.fn(), approve: vi.fn(), decline: vi.fn(), picturePath: vi.fn() } }));
const pictureOf = vi.hoisted(() => vi.fn());
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, pictureOf, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Requests from '@/pkg-secretary/pages/requests/requests.vue';
import { useSession } from '@/stores/session';

beforeEach(() => {
  vi.resetAllMocks();
  platform.secrets.clear();
  api.people.me.mockResolvedValue(secretary());
  api.requests.toDecide.mockResolvedValue({ items: [request({ canDecide: true })], next: '' });
  api.requests.approve.mockResolvedValue(request({ state: 'approved' }));
  api.requests.decline.mockResolvedValue(request({ state: 'declined' }));
  api.requests.picturePath.mockReturnValue('/picture');
  pictureOf.mockResolvedValue('blob:one');
});

describe('requests to decide', () => {
  it('says who asks for what and why, and grants it', async () => {
    const { page, uni } = await open(Requests, { id: 'e1' });
    expect(api.requests.toDecide).toHaveBeenCalledWith('pending', 'e1', '');
    expect(find(page, 'request-r1').text()).toContain('李秀英');
    expect(find(page, 'request-r1').text()).toContain('请病假');
    expect(find(page, 'request-r1').text()).toContain('去医院看病');
    api.requests.toDecide.mockResolvedValue({ items: [], next: '' });
    await tap(page, 'approve-r1');
    expect(api.requests.approve).toHaveBeenCalledWith('r1');
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已同意李秀英的申请' }));
    expect(find(page, 'empty').text()).toContain('没有要处理的申请');
  });

  it('comes in pages, of which one may hold nothing that is mine to see', async () => {
    api.requests.toDecide.mockResolvedValueOnce({ items: [], next: 'r5' });
    const { page } = await open(Requests);
    expect(find(page, 'empty').exists()).toBe(false);
    api.requests.toDecide.mockResolvedValueOnce({ items: [request({ id: 'r4', canDecide: true })], next: 'r4' });
    await tap(page, 'load-more');
    expect(api.requests.toDecide).toHaveBeenLastCalledWith('pending', '', 'r5');
    api.requests.toDecide.mockResolvedValueOnce({ items: [request({ id: 'r3', canDecide: true })], next: '' });
    await tap(page, 'load-more');
    expect(find(page, 'request-r4').exists()).toBe(true);
    expect(find(page, 'request-r3').exists()).toBe(true);
    expect(find(page, 'load-more').exists()).toBe(false);
  });

  it('wants a reason for a no', async () => {
    const { page } = await open(Requests);
    await tap(page, 'decline-r1');
    expect(find(page, 'decline-dialog-yes').attributes('disabled')).toBeDefined();
    await type(page, 'decline-dialog-reason', '请尽量参加');
    await tap(page, 'decline-dialog-yes');
    expect(api.requests.decline).toHaveBeenCalledWith('r1', '请尽量参加');
  });

  it('does not let anybody decide for themselves, and says who can', async () => {
    api.requests.toDecide.mockResolvedValue({ items: [request({ memberId: 'm000000000001', canDecide: false })], next: '' });
    const { page } = await open(Requests);
    useSession().me = secretary();
    await page.vm.$nextTick();
    expect(find(page, 'own').text()).toContain('要由其他负责人或上级审批');
    expect(find(page, 'approve-r1').exists()).toBe(false);
  });

  it('offers no leave over a presence', async () => {
    api.requests.toDecide.mockResolvedValue({ items: [request({ recorded: 'present', canDecide: true })], next: '' });
    const { page } = await open(Requests);
    expect(find(page, 'came').text()).toContain('本人已经签到');
    expect(find(page, 'approve-r1').exists()).toBe(false);
    expect(find(page, 'decline-r1').exists()).toBe(true);
  });

  it('shows a picture, and in full on a tap', async () => {
    api.requests.toDecide.mockResolvedValue({ items: [request({ evidence: ['p1'], canDecide: true })], next: '' });
    const { page, uni } = await open(Requests);
    uni.previewImage = vi.fn();
    await tap(page, 'picture-p1');
    expect(pictureOf).toHaveBeenCalledWith('/picture');
    expect(uni.previewImage).toHaveBeenCalledWith({ urls: ['blob:one'] });
  });

  it('says what went wrong and keeps the request', async () => {
    api.requests.approve.mockRejectedValue(new ApiError(409, 'request_decided', '这个申请已经处理过了，请刷新'));
    const { page, uni } = await open(Requests);
    await tap(page, 'approve-r1');
    expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '这个申请已经处理过了，请刷新' }));
    expect(find(page, 'request-r1').exists()).toBe(true);
  });

  it('shows those that were decided too', async () => {
    const { page } = await open(Requests);
    api.requests.toDecide.mockResolvedValue({ items: [request({ state: 'declined', decidedBy: { id: 'm1', name: '张志强' }, decisionReason: '请尽量参加' })], next: '' });
    await tap(page, 'tab-all');
    expect(api.requests.toDecide).toHaveBeenLastCalledWith('', '', '');
    expect(find(page, 'request-r1').text()).toContain('张志强没有同意：请尽量参加');
  });
});
