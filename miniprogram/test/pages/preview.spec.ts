import { beforeEach, expect, it, vi } from 'vitest';
import type { MessagePreview, MessagePreviews } from '@/api/reminders';
import { secretary } from '../fakes/nouns';
import { find, open, run } from '../fakes/page';

const api = vi.hoisted(() => ({ reminders: { preview: vi.fn() }, people: { me: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Preview from '@/pkg-secretary/pages/preview/preview.vue';

const item = (part: Partial<MessagePreview> = {}): MessagePreview => ({
  kind: 'published', channel: 'subscribe', heading: '活动通知', title: '活动通知', type: 'one_time', inbox: '石桥村党支部定于12月10日开展主题党日。', problems: [],
  lines: [{ label: '活动名称', value: '学习贯彻二十届四中全会精神暨重温入…', shortened: true, limit: 20 }, { label: '活动时间', value: '2026年12月10日 15:00', shortened: false, limit: 0 }], ...part,
});
const previews = (part: Partial<MessagePreviews> = {}): MessagePreviews => ({ items: [item()], checkedAt: null, problems: [], ...part });

beforeEach(() => {
  vi.resetAllMocks();
  api.people.me.mockResolvedValue(secretary());
  api.reminders.preview.mockResolvedValue(previews());
});

it('shows a message as WeChat will, and where it has no room', async () => {
  const { page } = await open(Preview, {});
  expect(api.reminders.preview).toHaveBeenCalledWith('');
  const shown = find(page, 'message-published-subscribe').text();
  expect(shown).toContain('一次订阅');
  expect(shown).toContain('微信最多显示 20 个字，已缩短');
  expect(shown.match(/已缩短/g)).toHaveLength(1);
  expect(shown).toContain('石桥村党支部定于12月10日开展主题党日。');
  expect(find(page, 'intro').text()).toContain('假设的活动');
  expect(find(page, 'checked').text()).toBe('还没有与公众平台核对');
});

it('shows what is wrong with a template, of one event', async () => {
  api.reminders.preview.mockResolvedValue(previews({
    items: [item({ type: 'long_term', problems: ['公众平台账号里没有这个模板'] }), item({ channel: 'official' }), item({ kind: 'changed', type: 'none', lines: [] })],
    checkedAt: '2026-12-10T06:00:00Z', problems: ['暂时读不到公众平台账号里的模板'],
  }));
  const { page } = await open(Preview, { id: 'e1' });
  expect(api.reminders.preview).toHaveBeenCalledWith('e1');
  expect(find(page, 'message-published-subscribe').text()).toContain('长期订阅');
  expect(find(page, 'message-published-subscribe').text()).toContain('公众平台账号里没有这个模板');
  expect(find(page, 'message-published-official').text()).toContain('公众号');
  expect(find(page, 'message-changed-subscribe').text()).toContain('没有配置微信模板');
  expect(page.text()).toContain('暂时读不到公众平台账号里的模板');
  expect(find(page, 'checked').text()).toContain('核对过');
});

it('is asked anew by pulling down', async () => {
  await open(Preview, {});
  await run('pull');
  expect(api.reminders.preview).toHaveBeenCalledTimes(2);
});
