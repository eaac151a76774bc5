/** What several of these pages ask for, and how they lead to each other. */
import { api } from '@/api';
import { readAll } from '@/api/lists';
import type { Me, Org } from '@/api/people';
import { go } from '@/ui/go';

/** All organisations of the district: some hundred, in pages of two hundred. */
export const allOrgs = async (closed = false): Promise<Org[]> => (await readAll((after) => api.people.orgs(after, closed))).items;

/** Where somebody is admin. */
export const administers = (me: Me | null): string[] => (me?.roles ?? []).filter(({ role }) => role === 'admin').map(({ orgId }) => orgId);

export const toOrg = (id: string): void => { go(`/pkg-org/pages/org/org?id=${id}`); };
export const toTree = (here = ''): void => { go(`/pkg-org/pages/tree/tree${here ? `?id=${here}` : ''}`); };
export const toForm = (what: 'id' | 'under', id: string): void => { go(`/pkg-org/pages/form/form?${what}=${id}`); };
export const toPlace = (id: string, act: 'move' | 'merge'): void => { go(`/pkg-org/pages/place/place?id=${id}&act=${act}`); };
export const toHistory = (id: string): void => { go(`/pkg-org/pages/history/history?id=${id}`); };
