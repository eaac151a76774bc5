import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '@/api/client';
import type { ListedMember } from '@/api/members';
import { listedMember } from '../fakes/members';
import { find, tap, type } from '../fakes/page';

const list = vi.hoisted(() => vi.fn());
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api: { members: { list } } }));
import MemberSheet from '@/ui/MemberSheet.vue';

const people = (...ids: string[]): ListedMember[] => ids.map((id) => listedMember({ id, name: `党员${id}` }));
const names = (sheet: VueWrapper): string[] => sheet.findAll('.name').map((one) => one.text());

async function opened(): Promise<VueWrapper> {
  const sheet: VueWrapper = mount(MemberSheet, { props: { open: false, title: '谁来继任？', org: 'b1', without: 'a' } });
  await sheet.setProps({ open: true });
  await flushPromises();
  return sheet;
}

beforeEach(() => {
  list.mockReset();
  list.mockResolvedValue({ items: people('a', 'b'), next: '' });
});

it('shows a page at a time, the next one when the end comes near, and never whom it is without', async () => {
  list.mockResolvedValueOnce({ items: people('a', 'b'), next: 'n1' });
  const sheet = await opened();
  expect(list).toHaveBeenLastCalledWith('b1', { q: '' }, '');
  list.mockResolvedValueOnce({ items: people('c'), next: '' });
  await find(sheet, 'member-list').trigger('scrolltolower');
  await flushPromises();
  expect(list).toHaveBeenLastCalledWith('b1', { q: '' }, 'n1');
  expect(names(sheet)).toEqual(['党员b', '党员c']);
  await tap(sheet, 'member-c');
  expect(sheet.emitted('pick')).toEqual([[expect.objectContaining({ id: 'c' })]]);
});

it('asks the server for what was typed, and says when it finds nobody', async () => {
  const sheet = await opened();
  list.mockResolvedValue({ items: [], next: '' });
  await type(sheet, 'member-search', ' zg');
  await type(sheet, 'member-search', ' zgf ');
  await vi.waitFor(() => { expect(find(sheet, 'member-none').text()).toContain('没有找到'); });
  expect(list.mock.calls.map(([, filter]) => (filter as { q: string }).q), 'a word, not its letters').toEqual(['', 'zgf']);
});

it('says what went wrong and tries again, and begins anew when it is opened again', async () => {
  list.mockRejectedValueOnce(new ApiError(0, 'network', '网络不通'));
  const sheet = await opened();
  expect(find(sheet, 'member-error').text()).toContain('网络不通');
  await tap(sheet, 'member-retry');
  expect(names(sheet)).toEqual(['党员b']);
  await sheet.setProps({ open: false });
  list.mockReturnValueOnce(new Promise(() => { /* never */ }));
  await sheet.setProps({ open: true, org: 'b2' });
  expect(list).toHaveBeenLastCalledWith('b2', { q: '' }, '');
  expect(names(sheet)).toEqual([]);
});
