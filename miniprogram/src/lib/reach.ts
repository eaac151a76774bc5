/** What the pages about reminders say of numbers: who knows, how a reminder went, how many messages people get. */
import type { Ceiling, DeliveryCounts, DeliveryState, Load, ReminderOverview, Told } from '@/api/reminders';
import type { Tone } from './words';

/** A part of a whole, as a bar and its legend show it. */
export interface Part { name: string; label: string; value: number; tone: Tone | 'gold' }

/** How the news has got to people: what went well first, whom nothing reached last. */
export const toldParts = (told: Told): Part[] => [
  { name: 'wechat', label: '微信送达', value: told.wechat, tone: 'green' },
  { name: 'read', label: '站内已看', value: told.read, tone: 'blue' },
  { name: 'answered', label: '已到或已请假', value: told.answered, tone: 'amber' },
  { name: 'phoned', label: '电话已通知', value: told.phoned, tone: 'gold' },
  { name: 'waiting', label: '还在路上', value: told.waiting, tone: 'grey' },
  { name: 'missed', label: '还没通知到', value: told.missed, tone: 'red' },
];
export const knowing = (told: Told): number => told.wechat + told.read + told.answered + told.phoned;

/** The three piles of a reminder's deliveries; a state that this client has not learnt yet lies in none. */
export type Pile = 'problem' | 'waiting' | 'sent';
export const PILES: Record<Pile, { label: string; states: DeliveryState[] }> = {
  problem: { label: '没收到', states: ['refused', 'failed', 'skipped'] },
  waiting: { label: '在等', states: ['pending', 'held', 'sending'] },
  sent: { label: '已送达', states: ['sent'] },
};
export const pileSize = (counts: DeliveryCounts, pile: Pile): number => PILES[pile].states.reduce((sum, state) => sum + counts[state], 0);
export const pileParts = (counts: DeliveryCounts): Part[] => [
  { name: 'sent', label: '已送达', value: counts.sent, tone: 'green' },
  { name: 'waiting', label: '在等', value: pileSize(counts, 'waiting'), tone: 'grey' },
  { name: 'problem', label: '没收到', value: pileSize(counts, 'problem'), tone: 'red' },
];

/** Why WeChat will not reach everybody next time. */
export function reachWhy({ unbound, noGrant, muted, spared }: ReminderOverview['reach']): string {
  return [
    unbound ? `${unbound} 人没有绑定微信` : '', noGrant ? `${noGrant} 人没有允许提醒` : '', muted ? `${muted} 人自己关闭了` : '', spared ? `${spared} 人本月已到上限` : '',
  ].filter(Boolean).join('，');
}

/** 0–3 条, 10 条以上. */
export const bandText = ({ from, to }: Load['bands'][number]): string => (to === null ? `${from} 条以上` : `${from}–${to} 条`);

/** 2026-12 as 2026年12月. */
export const monthText = (month: string): string => { const [year, number] = month.split('-').map(Number); return `${year ?? ''}年${number ?? ''}月`; };
/** The month so many later; negative is earlier. */
export function monthAfter(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const index = year * 12 + number - 1 + by;
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
}

/** What the ceiling is and who has set it. */
export function ceilingText({ most, own, from }: Ceiling): string {
  if (!most) return '没有上限';
  return own === most ? `每人每月 ${most} 条` : `每人每月 ${most} 条（${from?.name ?? '上级'}规定）`;
}
/** The ceilings one can choose here, the strictest first and none last; nobody can be looser than those above. */
export const ceilingChoices = (above: number): number[] => [...[3, 4, 6, 8, 10, 12].filter((most) => !above || most <= above), 0];
