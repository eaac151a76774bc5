/** How roles, terms and hand-overs are told. */
import type { HandOver, OpenTask } from '@/api/roles';
import { wall } from '@/lib/dates';
import { ROLES } from '@/lib/words';

/** 2023年6月5日 */
export function dayText(instant: string): string {
  const { year, month, day } = wall(instant);
  return `${year}年${month}月${day}日`;
}

export const termText = (since: string, until: string): string => `${dayText(since)}至${dayText(until)}`;

const TASKS: Record<OpenTask['kind'], string> = { draft: '活动草稿', published: '已发布的活动', request: '待审批的申请', site: '负责讲解的场馆' };
/** 活动草稿 2 个：党课、动员会 */
export function taskText({ kind, count, titles }: OpenTask): string {
  return `${TASKS[kind]} ${count} 个：${titles.join('、')}${count > titles.length ? '等' : ''}`;
}

export const passedText = ({ from, to, roles }: HandOver): string => `${from.name} → ${to.name}：${roles.map((role) => ROLES[role]).join('、')}`;

export const WHY_REVOKED = ['换届', '工作调动', '本人申请'];
