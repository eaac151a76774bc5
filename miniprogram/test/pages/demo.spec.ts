import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { DemoPerson } from '@/platform/h5/person';
import { find, open, tap, type } from '../fakes/page';

const sim = vi.hoisted(() => ({ people: vi.fn(), enterAs: vi.fn() }));
vi.mock('@dcloudio/uni-app', async () => (await import('../fakes/page')).uniHooks());
vi.mock('@/api', () => ({ api: {}, readToken: () => '', forgetToken: vi.fn(), onLogin: vi.fn(), signIn: vi.fn() }));
vi.mock('@/platform/h5/person', () => sim);
import Demo from '@/pages/demo/demo.vue';

const someone = (id: string, part: Partial<DemoPerson> = {}): DemoPerson => ({ id, name: `党员${id}`, roles: ['member'], org: '石桥村党支部', bound: true, ...part });
const shown = (page: Awaited<ReturnType<typeof open>>['page']): number => page.findAll('[data-testid^=person-]').length;

beforeEach(() => {
  vi.resetAllMocks();
  sim.people.mockResolvedValue([
    someone('p1', { name: '刘广义', roles: ['secretary', 'member'] }), someone('p2', { name: '程丽', roles: ['organiser', 'member'] }), someone('p3'),
    someone('p4', { bound: false }), someone('p5', { name: '居民小刘', roles: ['resident'], org: '', bound: false }), someone('p6', { roles: ['admin', 'member'], org: '区委' }),
  ]);
});

it('lists who one can be and enters as one of them', async () => {
  const { page } = await open(Demo);
  expect(shown(page)).toBe(6);
  await tap(page, 'person-p2');
  expect(sim.enterAs).toHaveBeenCalledWith('p2');
});

describe('somebody is found', () => {
  it.each([['secretary', 1], ['member', 5], ['unbound', 2], ['admin', 1], ['', 6]])('by the role “%s”', async (role, count) => {
    const { page } = await open(Demo);
    await tap(page, `role-${role}`);
    expect(shown(page)).toBe(count);
  });
  it.each([['刘', 2], [' 区委 ', 1], ['没有', 0]])('by the words %j', async (words, count) => {
    const { page } = await open(Demo);
    await type(page, 'demo-search', words);
    expect(shown(page)).toBe(count);
  });
});

it('says what a person does rather than that they are a member, and who is not bound', async () => {
  const { page } = await open(Demo);
  expect(find(page, 'person-p1').text()).toContain('书记');
  expect(find(page, 'person-p1').text()).not.toContain('党员');
  expect(find(page, 'person-p5').text()).toContain('没有组织 · 未绑定');
});

it('shows sixty of many and says so', async () => {
  sim.people.mockResolvedValue(Array.from({ length: 416 }, (_none, index) => someone(`n${index}`)));
  const { page } = await open(Demo);
  expect(shown(page)).toBe(60);
  expect(page.text()).toContain('共 416 人，先显示 60 人');
});

it('sends a real district to WeChat', async () => {
  sim.people.mockRejectedValue(new Error('404'));
  const { page } = await open(Demo);
  expect(find(page, 'closed').text()).toContain('打开微信');
  expect(find(page, 'demo-search').exists()).toBe(false);
});
