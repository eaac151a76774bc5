import { expect, it } from 'vitest';
import { outside } from '@/lib/orgs';
import { org } from '../fakes/nouns';

const tree = [
  org({ id: 'd', kind: 'district' }), org({ id: 'c1', kind: 'committee', parentId: 'd' }), org({ id: 'c2', kind: 'committee', parentId: 'd' }),
  org({ id: 'b1', parentId: 'c1' }), org({ id: 'b2', parentId: 'c1' }), org({ id: 'b3', parentId: 'c2' }), org({ id: 'g1', kind: 'group', parentId: 'b1' }),
];
const ids = (host: string): string => outside(tree, host).map((item) => item.id).join();

it.each([
  ['a branch', 'b1', 'c2,b2,b3'], ['a committee', 'c1', 'c2,b3'], ['the district', 'd', ''], ['a group', 'g1', 'c2,b2,b3'], ['nobody yet', '', 'd,c1,c2,b1,b2,b3,g1'],
])('%s can meet with those neither above nor below it', (_name, host, want) => { expect(ids(host)).toBe(want); });

it('survives a tree that bites its own tail', () => {
  expect(outside([org({ id: 'a', parentId: 'b' }), org({ id: 'b', parentId: 'a' }), org({ id: 'x' })], 'a').map((item) => item.id)).toEqual(['x']);
});
