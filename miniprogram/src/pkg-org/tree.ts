/** The tree of organisations in the shapes in which pages show it. */
import type { Org, OrgKind } from '@/api/people';

export interface Tree { byId: Map<string, Org>; below: Map<string, Org[]>; roots: Org[] }
/** A line of the tree; `level` counts from 0 at the top. */
export interface Line { org: Org; level: number; children: number; open: boolean }

const ORDER: OrgKind[] = ['district', 'committee', 'general_branch', 'branch', 'group'];
/** What works stands before what was closed, the higher kind before the lower; the rest is in the order of the list. */
const rank = (org: Org): number => (org.closed ? ORDER.length : 0) + ORDER.indexOf(org.kind);

/** Whoever stands under somebody who is not in the list stands at the top. */
export function grow(orgs: readonly Org[]): Tree {
  const tree: Tree = { byId: new Map(orgs.map((org) => [org.id, org])), below: new Map(), roots: [] };
  for (const org of [...orgs].sort((a, b) => rank(a) - rank(b))) {
    if (!org.parentId || !tree.byId.has(org.parentId)) tree.roots.push(org);
    else if (tree.below.has(org.parentId)) tree.below.get(org.parentId)?.push(org);
    else tree.below.set(org.parentId, [org]);
  }
  return tree;
}

export const childrenOf = (tree: Tree, id: string): Org[] => tree.below.get(id) ?? [];

/** Who stands above it, from the top down. */
export function above({ byId }: Tree, id: string): Org[] {
  const line: Org[] = [];
  for (let org = byId.get(byId.get(id)?.parentId ?? ''); org && !line.includes(org); org = byId.get(org.parentId ?? '')) line.unshift(org);
  return line;
}

/** The organisation and all below it. */
export const within = (tree: Tree, id: string): string[] => [id, ...childrenOf(tree, id).flatMap((org) => within(tree, org.id))];

/** The lines that are seen when those are open. */
export function linesOf(tree: Tree, open: ReadonlySet<string>): Line[] {
  const walk = (org: Org, level: number): Line[] => {
    const children = childrenOf(tree, org.id);
    const here = open.has(org.id);
    return [{ org, level, children: children.length, open: here }, ...(here ? children.flatMap((child) => walk(child, level + 1)) : [])];
  };
  return tree.roots.flatMap((root) => walk(root, 0));
}

/** Whose name has the words in it. */
export const found = (tree: Tree, words: string): Org[] => [...tree.byId.values()].filter(({ name }) => name.includes(words));

/** Where each kind may stand, as the server judges it too. */
const STANDS_UNDER: Record<OrgKind, OrgKind[]> = {
  district: ['district'], committee: ['district', 'committee'], general_branch: ['district', 'committee'], branch: ['district', 'committee', 'general_branch'], group: ['branch'],
};

/** What somebody who administers these may choose when `id` is moved, or merged. */
export function targets(tree: Tree, id: string, act: 'move' | 'merge', administers: readonly string[]): string[] {
  const org = tree.byId.get(id);
  if (!org) return [];
  const mine = new Set(administers.flatMap((top) => within(tree, top)));
  const own = new Set([...within(tree, id), ...(act === 'merge' ? above(tree, id).map((one) => one.id) : [org.parentId ?? ''])]);
  const fits = (kind: OrgKind): boolean => (act === 'merge' ? kind === org.kind : STANDS_UNDER[org.kind].includes(kind));
  return [...mine].filter((one) => {
    const there = tree.byId.get(one);
    return there !== undefined && !there.closed && !own.has(one) && fits(there.kind);
  });
}
