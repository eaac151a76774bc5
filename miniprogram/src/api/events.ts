import type { Http } from './client';
import { contract, type Schemas } from './contract';
import type { paths } from './schema';

export type EventItem = Schemas['EventView'];
export type EventBrief = Schemas['EventBrief'];
export type EventInput = Schemas['EventInput'];
export type EventKind = EventItem['kind'];
/** Where the event is now; `open` means that its check-in window is open. */
export type EventPhase = EventItem['phase'];
export type EventPage = Schemas['EventsOutputBody'];
export type EventFilter = NonNullable<paths['/api/v1/events']['get']['parameters']['query']>;
/** Which reminders an event sends, or an organisation's events begin with. */
export type EventReminders = Schemas['Reminders'];
/** My own state in an event: how I am recorded, when and how. */
export type Mark = Schemas['Mark'];

export function createEventsApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    list: (filter: EventFilter) => call.get('/api/v1/events', { query: filter }),
    get: (id: string) => call.get('/api/v1/events/{id}', at(id)),
    create: (input: EventInput) => call.post('/api/v1/events', {}, input),
    /** Replaces the event. ApiError code event_changed when somebody was faster than `input.revision`. */
    update: (id: string, input: EventInput) => call.put('/api/v1/events/{id}', at(id), input),
    publish: (id: string, key: string) => call.post('/api/v1/events/{id}/publish', at(id), { key }),
    cancel: (id: string, key: string, reason: string) => call.post('/api/v1/events/{id}/cancel', at(id), { key, reason }),
    /** Takes the close back for a reason; ApiError code reopen_too_late a month after it. */
    reopen: (id: string, key: string, reason: string) => call.post('/api/v1/events/{id}/reopen', at(id), { key, reason }),
    /** Voids every code and ticket of before. */
    renewCode: (id: string, key: string, reason: string) => call.post('/api/v1/events/{id}/code/renew', at(id), { key, reason }),
    close: (id: string, key: string) => call.post('/api/v1/events/{id}/close', at(id), { key }),
  };
}
