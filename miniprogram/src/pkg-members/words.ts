/** The words of the roster, and what its lists can be narrowed down to. */
import type { MemberCard, MemberCounts, MemberFilter, MemberKind, Post, Standing, Transfer } from '@/api/members';
import { toField } from '@/lib/dates';
import type { Word } from '@/lib/words';

export const MEMBER_KINDS: Record<MemberKind, string> = { full: '正式党员', probationary: '预备党员' };
export const STANDINGS: Record<Standing, string> = { normal: '正常', flow_out: '流出', flow_in: '流入', long_illness: '长期病休', suspended: '停止党籍' };
export const POSTS: Record<Post, string> = {
  secretary: '书记', deputy_secretary: '副书记', organisation: '组织委员', publicity: '宣传委员', discipline: '纪检委员', youth: '青年委员', united_front: '统战委员',
  mass_work: '群众工作委员', confidentiality: '保密委员', committee_member: '委员', group_leader: '党小组长',
};
export const TRANSFERS: Record<Transfer['state'], Word> = {
  pending: { text: '等待确认', tone: 'amber' }, accepted: { text: '已转接', tone: 'green' }, declined: { text: '已退回', tone: 'red' }, withdrawn: { text: '已撤回', tone: 'grey' },
};

/** One way to narrow a list down, and how many it leaves. */
export interface Chip { name: string; text: string; count: number; filter: MemberFilter }

/** What there is something of; everybody always. */
export function chipsOf(counts: MemberCounts): Chip[] {
  const all: Chip[] = [
    { name: 'all', text: '全部', count: counts.all, filter: {} },
    { name: 'probationary', text: '预备', count: counts.probationary, filter: { kind: 'probationary' } },
    { name: 'flow_out', text: '流出', count: counts.flowOut, filter: { standing: 'flow_out' } },
    { name: 'flow_in', text: '流入', count: counts.flowIn, filter: { standing: 'flow_in' } },
    { name: 'long_illness', text: '长期病休', count: counts.longIllness, filter: { standing: 'long_illness' } },
    { name: 'suspended', text: '停止党籍', count: counts.suspended, filter: { standing: 'suspended' } },
    { name: 'unbound', text: '没绑微信', count: counts.unbound, filter: { bound: 'no' } },
    { name: 'no-phone', text: '没有手机', count: counts.noPhone, filter: { phone: 'no' } },
    { name: 'left', text: '已离开', count: counts.left, filter: { left: true } },
  ];
  return all.filter(({ name, count }) => name === 'all' || count > 0);
}

/** 2026-12-10, or 一直 for what has been so for as long as is known. */
export const sinceText = (at: string | null): string => (at ? toField(at).slice(0, 10) : '一直');

/** What a line of the history says. */
export const moveText = ({ here, orgName, kind, standing }: MemberCard['moves'][number]): string =>
  (here ? [orgName, MEMBER_KINDS[kind], standing === 'normal' ? '' : STANDINGS[standing]].filter(Boolean).join(' · ') : `离开${orgName}`);

export const postsText = (posts: { post: Post }[]): string => posts.map(({ post }) => POSTS[post]).join('、');
