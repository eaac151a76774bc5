import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CountedPerson, Settlement } from '@/api/settlements';
import { closingText } from '@/lib/settlement';
import { platform } from '../fakes/platform';
import { attendance, brief, counts, event } from '../fakes/nouns';
import { find, open, run, tap, type } from '../fakes/page';

const api = vi.hoisted(() => ({ events: { get: vi.fn(), reopen: vi.fn() }, settlements: { get: vi.fn(), table: vi.fn() } }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api, readToken: () => 'tok', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
import Record from '@/pkg-secretary/pages/settlement/settlement.vue';

const person = (memberId: string, memberName: string, part: Partial<CountedPerson>): CountedPerson =>
  ({ ...attendance({ memberId, memberName }), memberKind: 'full', why: 'member', votes: true, sentences: ['活动开始时在本组织，计入应到。'], ...part });

const record = (part: Partial<Settlement> = {}): Settlement => ({
  event: brief(), closed: true, at: '2026-12-10T09:00:00Z', asOf: '2026-12-10T07:00:00Z', counts: counts({ expected: 3, present: 1, absent: 1, leave: 1, exempt: 0 }),
  quorum: { voters: 3, needed: 2, present: 1, met: false, sentence: '到会不足半数，不能表决。' },
  steps: [{ step: 'closed', at: '2026-12-10T09:00:00Z', by: { id: 'm9', name: '王书记' }, reason: '' }], next: '',
  items: [
    person('m1', '王建国', { status: 'present', source: 'scan' }), person('m2', '李秀英', { status: 'absent', source: 'settle', sentences: ['没有签到、点名和请假记录，结束时记为缺席。'] }),
    person('m3', '张志强', { status: 'sick', source: 'roll' }), person('m4', '新来的', { status: 'pending', why: 'joined_later', expected: false, sentences: ['活动开始以后才转入，不计入应到。'] }),
  ],
  ...part,
});

beforeEach(() => {
  vi.resetAllMocks();
  platform.secrets.clear();
  api.events.get.mockResolvedValue(event({ state: 'closed', phase: 'closed', can: { ...event().can, reopen: true } }));
  api.settlements.get.mockResolvedValue(record());
});
afterEach(async () => { await run('unload'); });

it('says of everybody how they are counted, and why on a tap', async () => {
  const { page } = await open(Record, { id: 'e1' });
  expect(find(page, 'stand').text()).toContain('办结');
  expect(page.text()).toContain('不计入 1 人');
  expect(find(page, 'why-m2').find('.why').classes()).not.toContain('shown');
  await tap(page, 'why-m2');
  expect(find(page, 'why-m2').find('.why').classes()).toContain('shown');
  expect(find(page, 'why-m2').text()).toContain('结束时记为缺席');
  expect(find(page, 'quorum').text()).toContain('还差 1 人');
});

it('reads the whole list, however long', async () => {
  api.settlements.get.mockResolvedValueOnce(record({ next: 'm4' })).mockResolvedValueOnce(record({ items: [person('m5', '最后一位', { status: 'present' })] }));
  const { page } = await open(Record, { id: 'e1' });
  expect(find(page, 'why-m1').exists()).toBe(true);
  expect(find(page, 'why-m5').exists()).toBe(true);
});

it('is exported and printed', async () => {
  api.settlements.table.mockResolvedValue('姓名,组织\r\n');
  const { page } = await open(Record, { id: 'e1' });
  await tap(page, 'export');
  expect(platform.saveText).toHaveBeenCalledWith(expect.stringContaining('.csv'), '姓名,组织\r\n');
  await tap(page, 'print');
  expect(platform.print).toHaveBeenCalled();
});

it('is opened again for a reason', async () => {
  api.events.reopen.mockResolvedValue(event());
  const { page } = await open(Record, { id: 'e1' });
  await tap(page, 'reopen');
  await type(page, 'reopen-dialog-reason', '漏记了两位');
  api.settlements.get.mockResolvedValue(record({ closed: false }));
  await tap(page, 'reopen-dialog-yes');
  expect(api.events.reopen).toHaveBeenCalledWith('e1', expect.any(String), '漏记了两位');
  expect(find(page, 'stand').text()).toContain('还没有结束');
  expect(find(page, 'reopen').exists()).toBe(false);
});

it('says before the close what it will do', () => {
  expect(closingText(record())).toBe('应到 3 人：将记到会 1 人、请假 1 人、缺席 1 人。\n其中 1 人没有记录，将记为缺席。');
  expect(closingText(record({ items: [] }))).toContain('每个人都有记录了');
});
