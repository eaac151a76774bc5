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

export function createRemindersApi(http: Http) {
  const call = contract(http);
  return {
    templates: () => call.get('/api/v1/message-templates', {}),
    /** What WeChat's dialog said, by template id. */
    grant: (key: string, results: Record<string, GrantAnswer>) => call.post('/api/v1/grants', {}, { key, results }),
    /** Which reminders the events of an organisation begin with; for those who run it. */
    usual: (orgId: string) => call.get('/api/v1/orgs/{id}/reminder-defaults', { path: { id: orgId } }),
    setUsual: (orgId: string, chosen: EventReminders) => call.put('/api/v1/orgs/{id}/reminder-defaults', { path: { id: orgId } }, chosen),
    ofEvent: (id: string) => call.get('/api/v1/events/{id}/reminders', { path: { id } }),
  };
}
