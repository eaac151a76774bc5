/** The words of these pages. */
import type { OrgDetail, OrgDifference, OrgPast } from '@/api/orgs';
import type { OrgKind } from '@/api/people';
import { dayWords } from '@/lib/dates';
import type { Tone } from '@/lib/words';

export const ORG_KINDS: Record<OrgKind, string> = { district: '区委', committee: '党委', general_branch: '党总支', branch: '党支部', group: '党小组' };

export const ACTS: Record<OrgPast['act'], { text: string; tone: Tone }> = {
  created: { text: '设立', tone: 'green' }, edited: { text: '修改信息', tone: 'blue' }, moved: { text: '调整上级', tone: 'amber' }, merged: { text: '并入别的组织', tone: 'grey' },
  absorbed: { text: '并入了别的组织', tone: 'amber' }, closed: { text: '撤销', tone: 'grey' }, reopened: { text: '恢复', tone: 'green' },
};

const WHAT: Record<OrgDifference['what'], string> = {
  name: '名称', themeDay: '主题党日', address: '地址', termStart: '任期开始', termYears: '任期', electionDue: '换届日期', parent: '上级组织', successor: '并入', absorbed: '接收',
  people: '转移党员', events: '转移活动', sites: '转移场馆', reason: '原因',
};
const valueOf = (what: OrgDifference['what'], value: string): string => {
  if (!value) return '';
  if (what === 'themeDay') return `每月 ${value} 日`;
  if (what === 'termYears') return `${value} 年`;
  if (what === 'people') return `${value} 人`;
  if (what === 'events') return `${value} 场`;
  if (what === 'sites') return `${value} 个`;
  return what === 'termStart' || what === 'electionDue' ? dayWords(value) || value : value;
};
/** What one act has changed, one thing in one line. */
export function changeWords({ what, from, to }: OrgDifference): string {
  const [before, after] = [valueOf(what, from), valueOf(what, to)];
  if (before && after) return `${WHAT[what]}：由“${before}”改为“${after}”`;
  return before ? `${WHAT[what]}：去掉了“${before}”` : `${WHAT[what]}：${after}`;
}

export function termWords({ termStart, termYears }: Pick<OrgDetail, 'termStart' | 'termYears'>): string {
  const parts = [termStart && `${dayWords(termStart)}起`, termYears ? `${termYears} 年` : ''].filter(Boolean);
  return parts.join('，') || '还没有填';
}

/** The warning before and after the day of an election; '' when there is time. */
export function electionWords({ election, electionDue }: Pick<OrgDetail, 'election' | 'electionDue'>): string {
  if (election === 'over') return `换届日期 ${dayWords(electionDue)}已经过了。请向上级报告，尽快换届；换届后在这里更新任期。`;
  return election === 'near' ? `${dayWords(electionDue)}前要换届，请提早准备。` : '';
}

export const CLOSE_IDEAS = ['党员已全部转出', '单位已撤并', '设立有误'];

/** What has to be known before it is moved. */
export function moveWords(org: OrgDetail, to: string, below: number): string {
  const along = [below ? `下级 ${below} 个组织` : '', org.memberCount ? `${org.memberCount} 名党员` : ''].filter(Boolean).join('、');
  const from = org.parent?.name ?? '';
  return [
    `${org.name}${along ? `连同${along}，` : ''}移到“${to}”下面。`,
    `以前月份的数字仍算在“${from}”，从现在起算在“${to}”。`,
    `“${to}”的负责人从此能看到和管理它，“${from}”的不再能。`,
  ].join('\n');
}

/** What has to be known before it is merged. */
export function mergeWords(org: OrgDetail, into: string): string {
  return [
    org.remains.length ? `${org.remains.join('、')}，都转到“${into}”。` : `这里没有党员和未办完的事，只是并入“${into}”。`,
    `${org.name}随后撤销，以前的记录和数字都保留。`,
    `原来的职务不跟过去，由“${into}”的负责人管理。`,
    '合并后可以恢复这个组织，但转走的人和事不会自动回来。',
  ].join('\n');
}
