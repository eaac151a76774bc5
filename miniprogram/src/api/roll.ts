import type { AttendanceStatus } from './checkins';
import type { Http } from './client';
import { contract, type Schemas } from './contract';

/** Somebody whom a member who has scanned may check in beside them. */
export type Helpable = Schemas['HelpableView'];
/** What one act of the roll on several people did; it can be undone until `undoUntil`. */
export type Marks = Schemas['MarksOutputBody'];

/** The ways into the record that one person takes for another. */
export function createRollApi(http: Http) {
  const call = contract(http);
  return {
    helpable: (id: string) => call.get('/api/v1/events/{id}/helpable', { path: { id } }),
    help: (id: string, key: string, memberId: string) => call.post('/api/v1/events/{id}/helped', { path: { id } }, { key, memberId }),
    /** All or none; a refusal names the people it is about. At most 300. */
    several: (id: string, key: string, memberIds: string[], status: AttendanceStatus, reason?: string) =>
      call.post('/api/v1/events/{id}/attendance/marks', { path: { id } }, { key, memberIds, status, ...(reason && { reason }) }),
    /** Those that came back have `changed`; the others were changed by somebody since and stay. */
    undo: (id: string, batchId: string) => call.post('/api/v1/events/{id}/attendance/marks/{batchId}/undo', { path: { id, batchId } }, undefined as never, { safe: true }),
  };
}
