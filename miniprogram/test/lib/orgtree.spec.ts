import { describe, expect, it } from 'vitest';
import { blank, errorsOf, rebase, termEnd } from '@/pkg-org/form';
import { above, found, grow, linesOf, targets, within } from '@/pkg-org/tree';
import { changeWords, electionWords, mergeWords, moveWords, termWords } from '@/pkg-org/words';
import { org, orgDetail } from '../fakes/nouns';

const TREE = [
  org({ id: 'd', name: '颍东区委', kind: 'district' }), org({ id: 'c1', name: '冉庙乡党委', kind: 'committee', parentId: 'd' }), org({ id: 'c2', name: '阚疃镇党委', kind: 'committee', parentId: 'd' }),
  org({ id: 'old', name: '老街党支部', parentId: 'c1', closed: true }), org({ id: 'b1', name: '石桥村党支部', parentId: 'c1' }), org({ id: 'b2', name: '柳湾村党支部', parentId: 'c2' }),
  org({ id: 'g', name: '机关党总支', kind: 'general_branch', parentId: 'c1' }), org({ id: 'p', name: '第一党小组', kind: 'group', parentId: 'b1' }),
];
const tree = grow(TREE);
const names = (...open: string[]): string[] => linesOf(tree, new Set(open)).map(({ org: { id }, level }) => `${level}${id}`);

describe('the tree', () => {
  it('shows what is open, the higher kind first and the closed ones last', () => {
    expect(names()).toEqual(['0d']);
    expect(names('d', 'c1')).toEqual(['0d', '1c1', '2g', '2b1', '2old', '1c2']);
  });
  it('knows who is above, who is below, and who is called so', () => {
    expect(above(tree, 'p').map(({ id }) => id)).toEqual(['d', 'c1', 'b1']);
    expect(within(tree, 'c1')).toEqual(['c1', 'g', 'b1', 'p', 'old']);
    expect(found(tree, '党支部').map(({ id }) => id)).toEqual(['old', 'b1', 'b2']);
  });
  it('puts at the top whose parent is not there, and ends in a ring', () => {
    expect(grow([org({ id: 'x', parentId: 'gone' })]).roots).toHaveLength(1);
    expect(above(grow([org({ id: 'x', parentId: 'y' }), org({ id: 'y', parentId: 'x' })]), 'x')).toHaveLength(2);
  });
  it('is quick with five hundred', () => {
    const many = Array.from({ length: 500 }, (_none, n) => org({ id: `n${n}`, parentId: n ? `n${(n - 1) >> 2}` : null }));
    expect(linesOf(grow(many), new Set(many.map(({ id }) => id)))).toHaveLength(500);
  });
});

describe('where it may go', () => {
  it.each<[string, string, 'move' | 'merge', string[], string[]]>([
    ['a branch under what may hold branches, and not where it is', 'b1', 'move', ['d'], ['d', 'g', 'c2']],
    ['only where somebody is admin', 'b1', 'move', ['c1'], ['g']],
    ['a committee not under itself or where it is', 'c1', 'move', ['d'], ['c2']],
    ['a branch into another branch that works', 'b1', 'merge', ['d'], ['b2']],
    ['a committee into another', 'c1', 'merge', ['d'], ['c2']],
    ['nowhere for those who administer nothing', 'b1', 'merge', [], []],
    ['nowhere for what is not there', 'none', 'move', ['d'], []],
  ])('%s', (_name, id, act, admin, want) => { expect(targets(tree, id, act, admin)).toEqual(want); });
});

describe('the words', () => {
  it.each<[Parameters<typeof changeWords>[0], string]>([
    [{ what: 'themeDay', from: '10', to: '15' }, '主题党日：由“每月 10 日”改为“每月 15 日”'],
    [{ what: 'address', from: '村部', to: '' }, '地址：去掉了“村部”'],
    [{ what: 'electionDue', from: '', to: '2027-06-18' }, '换届日期：2027年6月18日'],
    [{ what: 'people', from: '', to: '12' }, '转移党员：12 人'],
    [{ what: 'termYears', from: '3', to: '5' }, '任期：由“3 年”改为“5 年”'],
  ])('of a change %o', (change, words) => { expect(changeWords(change)).toBe(words); });
  it('warn of an election only when it is near or over', () => {
    expect(electionWords({ election: 'far', electionDue: '2027-06-18' })).toBe('');
    expect(electionWords({ election: 'near', electionDue: '2027-06-18' })).toContain('2027年6月18日前要换届');
    expect(electionWords({ election: 'over', electionDue: '2026-06-18' })).toContain('已经过了');
  });
  it('say what a move and a merge lead to', () => {
    expect(moveWords(orgDetail({ memberCount: 30 }), '阚疃镇党委', 2)).toContain('连同下级 2 个组织、30 名党员，移到“阚疃镇党委”下面');
    expect(moveWords(orgDetail(), '阚疃镇党委', 0)).toContain('以前月份的数字仍算在“冉庙乡党委”');
    expect(mergeWords(orgDetail({ remains: ['12 名党员', '2 场未结束的活动'] }), '柳湾村党支部')).toContain('12 名党员、2 场未结束的活动，都转到“柳湾村党支部”');
    expect(mergeWords(orgDetail(), '柳湾村党支部')).toContain('没有党员');
  });
  it('of a term', () => {
    expect(termWords({ termStart: '2024-06-18', termYears: 3 })).toBe('2024年6月18日起，3 年');
    expect(termWords({ termStart: '', termYears: 0 })).toBe('还没有填');
  });
});

describe('the form', () => {
  const form = { ...blank(['group']), name: '第二党小组' };
  it('chooses the only kind, and says what is missing', () => {
    expect(form.kind).toBe('group');
    expect(errorsOf(form)).toEqual({});
    expect(Object.keys(errorsOf({ ...blank(['branch', 'group']), termStart: '2024-06-18', electionDue: '2024-06-18' }))).toEqual(['kind', 'name', 'electionDue']);
  });
  it('keeps what I changed over what somebody else wrote', () => {
    expect(rebase(form, { ...form, address: '村部' }, { ...form, name: '新名字', address: '镇上' })).toMatchObject({ name: '新名字', address: '村部' });
  });
  it.each([['2024-06-18', 5, '2029-06-18'], ['2024-02-29', 3, '2027-03-01'], ['', 3, ''], ['2024-06-18', 0, '']])('%s and %i years end on %s', (start, years, end) => { expect(termEnd(start, years)).toBe(end); });
});
