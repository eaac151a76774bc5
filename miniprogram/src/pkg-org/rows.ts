/** Where the page of an organisation leads for those who run it. */
import type { OrgDetail } from '@/api/orgs';
import type { Me } from '@/api/people';
import { bindingPage } from '@/ui/go';

export interface Row { name: string; icon: string; label: string; note: string; url: string; value?: string }

const pkg = (part: string, page: string, query = ''): string => `/pkg-${part}/pages/${page}/${page}${query}`;

export function rowsOf({ id, can }: OrgDetail, me: Me | null): Row[] {
  const answers = (me?.roles ?? []).some(({ role }) => role === 'admin' || role === 'secretary');
  return [
    { name: 'members', icon: 'usergroup', label: '党员', note: '查找、登记、转接，给老党员打电话', url: pkg('members', 'members', `?org=${id}`) },
    { name: 'approvals', icon: 'user-checked', label: '邀请与绑定', note: '请党员绑定微信，确认他们的申请', url: bindingPage('approvals', id), value: me?.asking ? `${me.asking} 个` : '' },
    { name: 'roles', icon: 'assignment', label: '职务', note: '谁担任什么，任命和免去', url: pkg('roles', 'roles', `?org=${id}`) },
    ...(answers ? [{ name: 'handover', icon: 'swap', label: '换届交接', note: '把职务和没办完的事交给接任的人', url: pkg('roles', 'handover', `?org=${id}`) }] : []),
    { name: 'month', icon: 'notification', label: '本支部的提醒', note: '平时发哪些提醒，本月安排了没有', url: pkg('secretary', 'month', `?org=${id}`) },
    { name: 'preview', icon: 'mail', label: '通知样式', note: '各种提醒在微信里的样子', url: pkg('secretary', 'preview') },
    { name: 'load', icon: 'chart-bar', label: '提醒负担', note: '大家每月收到多少条提醒', url: pkg('committee', 'load', `?id=${id}`) },
    ...(can.rename ? [{ name: 'roster', icon: 'book-open', label: '花名册', note: '导入、导出、下载模板', url: pkg('roster', 'roster', `?org=${id}`) }] : []),
    { name: 'cards', icon: 'file-copy', label: '打印个人卡片', note: '给不用手机的党员', url: pkg('station', 'cards', `?org=${id}`) },
    { name: 'corrections', icon: 'edit', label: '更正申请', note: '党员要求更正的信息', url: pkg('data', 'corrections', `?org=${id}`) },
    ...(answers ? [{ name: 'audit', icon: 'history', label: '操作记录', note: '谁在什么时候做了什么', url: pkg('data', 'audit', `?org=${id}`) }] : []),
  ];
}
