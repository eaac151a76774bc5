import type { Http } from './client';
import { contract, type Schemas } from './contract';
import type { EventReminders } from './events';

/** A WeChat template and how many messages of it this user has still allowed. */
export type Template = Schemas['TemplateView'];
export type GrantAnswer = Exclude<Template['setting'], 'unknown'>;
export type Reminder = Schemas['ReminderView'];
export type ReminderKind = Reminder['kind'];
export type ReminderState = Reminder['state'];
export type Delivery = Schemas['DeliveryView'];
export type DeliveryState = Delivery['state'];
/** Whom nothing has reached, and who has been phoned. */
export type ToPhone = Schemas['PhoneView'];
export type Phoned = Schemas['CalledView'];
/** How the latest news has got to people; the six ways add up to everybody. */
export type Told = Schemas['ToldView'];
export type DeliveryCounts = Schemas['DeliveryCounts'];
export type DeliveryPage = Schemas['DeliveriesOutputBody'];
/** How many messages the people of an organisation got in a month. */
export type Load = Schemas['LoadView'];
export type Ceiling = Schemas['CeilingView'];
/** What one kind of message will look like on the phone. */
export type MessagePreview = Schemas['PreviewView'];
export type MessagePreviews = Schemas['PreviewOutputBody'];
/** What was planned and sent for an event, who can be reached, and whom to phone. */
export type ReminderOverview = Schemas['RemindersOutputBody'];

export type MuteTopic = NonNullable<Schemas['MutesView']['muted']>[number];
/** A branch's month: whether something is planned, and who is asked when. */
export type BranchMonth = Schemas['MonthView'];
export type Excuse = NonNullable<BranchMonth['quiet']>['reason'];

export function createRemindersApi(http: Http) {
  const call = contract(http);
  return {
    templates: () => call.get('/api/v1/message-templates', {}),
    /** What WeChat's dialog said, by template id. */
    grant: (key: string, results: Record<string, GrantAnswer>) => call.post('/api/v1/grants', {}, { key, results }),
    /** Which reminders the events of an organisation begin with; for those who run it. */
    usual: (orgId: string) => call.get('/api/v1/orgs/{id}/reminder-defaults', { path: { id: orgId } }),
    setUsual: (orgId: string, chosen: EventReminders) => call.put('/api/v1/orgs/{id}/reminder-defaults', { path: { id: orgId } }, chosen),
    /** The groups of messages this member has switched off in WeChat. */
    mutes: () => call.get('/api/v1/me/mutes', {}),
    setMutes: (muted: MuteTopic[]) => call.put('/api/v1/me/mutes', {}, { muted }),
    /** How a branch stands with a month, such as 2026-12; for those who run it. */
    month: (orgId: string, month: string) => call.get('/api/v1/orgs/{id}/months/{month}', { path: { id: orgId, month } }),
    /** Says why not to ask about the month; `other` needs a note. */
    excuse: (orgId: string, month: string, reason: Excuse, note: string) =>
      call.put('/api/v1/orgs/{id}/months/{month}/excuse', { path: { id: orgId, month } }, { reason, note }),
    askAgain: (orgId: string, month: string) => call.delete('/api/v1/orgs/{id}/months/{month}/excuse', { path: { id: orgId, month } }),
    /** What became of one reminder, person by person; `states` empty is all. */
    deliveries: (id: string, reminderId: string, states: DeliveryState[], name = '', after = '') =>
      call.get('/api/v1/events/{id}/reminders/{reminderId}/deliveries', { path: { id, reminderId }, query: { state: states.length ? states : undefined, name: name || undefined, after: after || undefined, limit: 50 } }),
    /** Brings a reminder forward. ApiError quiet_hours: ask, then say `atNight`. */
    sendNow: (id: string, reminderId: string, atNight: boolean) => call.post('/api/v1/events/{id}/reminders/{reminderId}/send-now', { path: { id, reminderId } }, { atNight }),
    /** Ticks that a member has been told the news by phone, or takes that back. ApiError news_changed: there is other news by now. */
    tick: (id: string, memberId: string, key: string, newsId: string, told: boolean) => call.put('/api/v1/events/{id}/calls/{memberId}', { path: { id, memberId } }, { key, newsId, told }),
    load: (orgId: string, month = '') => call.get('/api/v1/orgs/{id}/reminder-load', { path: { id: orgId }, query: { month: month || undefined } }),
    setCeiling: (orgId: string, ceiling: number) => call.put('/api/v1/orgs/{id}/reminder-ceiling', { path: { id: orgId } }, { ceiling }),
    /** What the messages look like: of the event, or without one of an event that is made up. */
    preview: (eventId = '') => call.get('/api/v1/message-templates/preview', eventId ? { query: { eventId } } : {}),
    ofEvent: (id: string) => call.get('/api/v1/events/{id}/reminders', { path: { id } }),
  };
}
