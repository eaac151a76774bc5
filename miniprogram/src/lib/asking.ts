/** What to ask WeChat for at which tap. Pure. */
import type { ReminderKind, Template } from '@/api/reminders';
import type { Subscriptions } from '@/platform/types';

/** The taps that ask: "I am coming", a request just handed in, after a check-in, and a secretary's duties. */
export type Moment = 'coming' | 'decision' | 'next' | 'duty';

/** The kinds of reminders that matter after each tap, what matters most first. */
const KINDS_AT: Record<Moment, ReminderKind[]> = {
  coming: ['day_before', 'changed', 'cancelled', 'published', 'record_ready'],
  decision: ['leave_decided', 'makeup_decided'],
  next: ['published', 'day_before', 'changed', 'cancelled', 'record_ready'],
  duty: ['not_held', 'not_closed'],
};

/** WeChat takes five at most and does not mix one-time with long-term ones. */
const MOST = 5;

/** The templates that matter at the moment, each once, what matters most first. */
export function relevant(moment: Moment, templates: Template[]): Template[] {
  const found = KINDS_AT[moment].flatMap((kind) => templates.filter(({ kinds }) => kinds.includes(kind)));
  return [...new Set(found)];
}

/** Nothing settled: WeChat asks about everything. */
export const UNSETTLED: Subscriptions = { on: true, always: {} };

/**
 * How one tap is answered: `ask` by WeChat's dialog, `kept` by a yes that the person has given for good, without a dialog, `off` by
 * a no of that kind. `none` is when there is nothing to ask for.
 */
export type Asking = 'ask' | 'kept' | 'off' | 'none';
export function askingAt(moment: Moment, templates: Template[], settled: Subscriptions): Asking {
  const asked = askedAt(moment, templates);
  const answers = asked.map(({ id }) => settled.always[id]);
  if (!asked.length) return 'none';
  if (!settled.on || answers.every((answer) => answer === 'reject')) return 'off';
  return answers.every(Boolean) ? 'kept' : 'ask';
}

/** What can be asked for without a dialog, to be added at any tap: WeChat says yes by itself, and each yes is one message more. */
export const quietAt = (moment: Moment, templates: Template[], settled: Subscriptions): Template[] =>
  (settled.on ? askedAt(moment, templates).filter(({ id }) => settled.always[id] === 'accept') : []);

/**
 * What a tap that sends something asks for along with it: whatever matters when nothing is left of it, so that the answer can
 * come to WeChat; otherwise only what needs no dialog.
 */
export const alongAt = (moment: Moment, templates: Template[], settled: Subscriptions): Template[] =>
  (askingAt(moment, templates, settled) === 'ask' && leftAt(moment, templates) === 0 ? askedAt(moment, templates) : quietAt(moment, templates, settled));

/**
 * What one tap asks for. A long-term template that nobody has answered comes first, since one yes to it lasts; then the one-time
 * ones, which run out and are asked for again. A long-term one that is accepted is not asked for any more, and what WeChat has
 * banned cannot be had.
 */
export function askedAt(moment: Moment, templates: Template[]): Template[] {
  const open = relevant(moment, templates).filter(({ type, setting }) => setting !== 'ban' && (type === 'one_time' || setting !== 'accept'));
  const lasting = open.some(({ type, setting }) => type === 'long_term' && setting === 'unknown');
  const type = !lasting && open.some((template) => template.type === 'one_time') ? 'one_time' : 'long_term';
  return open.filter((template) => template.type === type).slice(0, MOST);
}

/** How many messages are still allowed of what matters at the moment; long-term ones are not counted. */
export const leftAt = (moment: Moment, templates: Template[]): number =>
  relevant(moment, templates).filter(({ type }) => type === 'one_time').reduce((sum, { remaining }) => sum + remaining, 0);
