/** The words of these pages. */
import type { Correction, CorrectionField } from '@/api/mydata';
import type { Word } from '@/lib/words';

export const FIELDS: { value: CorrectionField; label: string; ask: string }[] = [
  { value: 'name', label: '姓名', ask: '正确的姓名' },
  { value: 'phone', label: '手机号', ask: '不用填号码，书记会和您核对' },
  { value: 'since', label: '入党时间', ask: '如：1989年6月20日' },
  { value: 'kind', label: '党员类别', ask: '如：已转为正式党员' },
  { value: 'standing', label: '在册状态', ask: '如：已从外地回来' },
  { value: 'org', label: '所在支部', ask: '应该在哪个支部' },
  { value: 'other', label: '其他', ask: '哪里不对，应该是什么' },
];
export const fieldText = (field: CorrectionField): string => FIELDS.find(({ value }) => value === field)?.label ?? '其他';

export const CORRECTIONS: Record<Correction['state'], Word> = {
  open: { text: '等书记处理', tone: 'amber' },
  done: { text: '已更正', tone: 'green' },
  declined: { text: '未更正', tone: 'grey' },
};

/** What the record can be narrowed to: the nouns of the actions, as people here say them. */
export const NOUNS: { value: string; label: string }[] = [
  { value: '', label: '全部' }, { value: 'event', label: '活动' }, { value: 'attendance', label: '签到' }, { value: 'request', label: '请假补签' }, { value: 'member', label: '党员' },
  { value: 'role', label: '职务' }, { value: 'binding', label: '绑定' }, { value: 'roster', label: '花名册' }, { value: 'org', label: '组织' }, { value: 'site', label: '场馆' },
  { value: 'reminder', label: '提醒' }, { value: 'look', label: '谁看过' },
];

export const SPANS: { value: string; label: string; days: number }[] = [
  { value: 'week', label: '近七天', days: 7 }, { value: 'month', label: '近三十天', days: 30 }, { value: 'all', label: '不限时间', days: 0 },
];
