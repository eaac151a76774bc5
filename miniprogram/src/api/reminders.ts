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
    ofEvent: (id: string) => call.get('/api/v1/events/{id}/reminders', { path: { id } }),
  };
}
