/** The Chinese words for the contract's identifiers. One place, so that no page invents its own. */
import type { Attendance, AttendanceStatus, AttendanceSource } from '@/api/checkins';
import type { EventKind, EventPhase } from '@/api/events';
import type { Role } from '@/api/people';
import type { DeliveryState, ReminderKind, ReminderState } from '@/api/reminders';
import type { Site } from '@/api/sites';

export type Tone = 'red' | 'green' | 'amber' | 'blue' | 'grey';
export interface Word { text: string; tone: Tone }

export const KINDS: Record<EventKind, string> = {
  theme_day: '主题党日', member_meeting: '党员大会', committee_meeting: '支委会',
  group_meeting: '党小组会', lecture: '党课', volunteering: '志愿服务',
};

export const PHASES: Record<EventPhase, Word> = {
  draft: { text: '草稿', tone: 'amber' },
  upcoming: { text: '未开始', tone: 'blue' },
  open: { text: '签到进行中', tone: 'red' },
  ended: { text: '已结束', tone: 'grey' },
  closed: { text: '已办结', tone: 'grey' },
  cancelled: { text: '已取消', tone: 'grey' },
};

export const STATUSES: Record<AttendanceStatus, Word> = {
  present: { text: '已到', tone: 'green' },
  late: { text: '迟到', tone: 'amber' },
  sick: { text: '病假', tone: 'blue' },
  duty: { text: '公假', tone: 'blue' },
  private: { text: '事假', tone: 'blue' },
  exempt: { text: '免到', tone: 'grey' },
  absent: { text: '缺席', tone: 'red' },
  pending: { text: '未到', tone: 'grey' },
};

export const SOURCES: Record<AttendanceSource, string> = {
  scan: '扫码', spoken: '口令', plate: '场馆码', personal: '个人码', roll: '书记点名', offline: '离线补交', settle: '办结结算',
  leave: '本人请假', makeup: '补签', helped: '别人代签', '': '',
};

/** How far from the place somebody's phone was; what the phone did not say is said so, and held against nobody. */
export const POSITIONS: Record<Attendance['position'], string> = {
  none: '未附位置', near: '在附近', far_1km: '1 公里内', far_5km: '5 公里内', far: '5 公里以外',
};

export const SITE_KINDS: Record<Site['kind'], string> = { red_education: '红色教育基地', station: '远程教育站点' };

export const ROLES: Record<Role, string> = {
  secretary: '书记', organiser: '组织委员', admin: '管理员', keeper: '讲解员',
};

export const REMINDERS: Record<ReminderKind, string> = {
  published: '活动通知', day_before: '提前一天提醒', soon: '提前两小时提醒', changed: '变更通知', cancelled: '取消通知',
  leave_decided: '请假结果', makeup_decided: '补签结果', record_ready: '记录通知', not_closed: '待结束提醒', not_held: '本月未安排提醒',
};

export const REMINDER_STATES: Record<ReminderState, Word> = {
  planned: { text: '待发送', tone: 'blue' },
  sending: { text: '正在发送', tone: 'amber' },
  done: { text: '已发完', tone: 'green' },
  withdrawn: { text: '已撤回', tone: 'grey' },
};

export const DELIVERIES: Record<DeliveryState, Word> = {
  pending: { text: '待发送', tone: 'blue' },
  held: { text: '等一会儿', tone: 'blue' },
  sending: { text: '发送中', tone: 'amber' },
  sent: { text: '已送达', tone: 'green' },
  refused: { text: '未授权', tone: 'amber' },
  failed: { text: '失败', tone: 'red' },
  skipped: { text: '未发', tone: 'grey' },
};

const UNKNOWN: Word = { text: '其他', tone: 'grey' };

/** Looks a word up; a newer server may say something this client has not learnt yet. */
export const wordOf = (words: Record<string, Word>, name: string): Word => words[name] ?? UNKNOWN;
export const textOf = (words: Record<string, string>, name: string): string => words[name] ?? '';

/** What the secretary reads before publishing: who can be reached in WeChat and how many must be phoned. */
export function reachText(reach: { expected: number; reachable: number }): string {
  const phone = reach.expected - reach.reachable;
  const tail = phone > 0 ? `，${phone} 人需要电话通知` : '，不需要电话通知';
  return `${reach.expected} 人中 ${reach.reachable} 人可收到微信提醒${tail}`;
}

/** What to do after a refused check-in; the reason itself comes from the server. */
export function adviceFor(code: string): string {
  const advice: Record<string, string> = {
    code_expired: '签到码每 10 秒换一次，请对准大屏幕重新扫一次。',
    code_malformed: '请扫活动现场大屏幕上的签到码。',
    code_forged: '请扫活动现场大屏幕上的签到码。',
    code_future: '请稍等几秒，重新扫一次。',
    ticket_expired: '停留时间太长了，请重新扫一次。',
    event_not_open_yet: '到时间后再扫一次就可以。',
    event_over: '如果您到场了，请告诉书记，由书记补记。',
    event_closed: '如果您到场了，请告诉书记，由书记补记。',
    event_cancelled: '有疑问请联系书记。',
    not_expected: '如果您应当参加，请告诉书记把您补进名单。',
    not_bound: '绑定党员身份后，再扫一次就可以。',
    scan_in_future: '请在手机设置里打开“自动设置时间”，再扫一次。',
    scan_too_old: '如果您到场了，请告诉书记，由书记补记。',
    spoken_wrong: '请再听一遍书记念的六位数字。',
    too_many_attempts: '请改用扫码，或请书记直接点名。',
    network: '手机没有信号也不要紧：请书记直接点名即可。',
  };
  return advice[code] ?? '可以再试一次，或请书记直接点名。';
}
