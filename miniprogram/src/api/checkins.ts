import type { Http } from './client';
import { contract, type Schemas } from './contract';

export type Attendance = Schemas['AttendanceView'];
export type AttendanceStatus = Attendance['status'];
export type AttendanceSource = Attendance['source'];
/** `present` includes the late and those who came unasked; `leave` is sick, duty and private together; `expected` is without the exempt. */
export type Counts = Schemas['Counts'];
/** The rotating code: draw `url`, fetch again at `refreshAt`; `spoken` is six digits. Instants are the server's. */
export type EventCode = Schemas['CodeOutputBody'];
export type Position = Schemas['Point'];
export type ScanAnswer = Schemas['ScanOutputBody'];
export type CheckinInput = Schemas['CheckinInput'];
export type CheckinAnswer = Schemas['CheckinResult'];
export type OfflineScan = Schemas['LaterInput'];
export type BatchAnswer = Schemas['LaterOutputBody'];
export type Change = Schemas['ChangeView'];

export function createCheckinsApi(http: Http) {
  const call = contract(http);
  const at = (id: string) => ({ path: { id } });
  return {
    /** With the codes of the two minutes to come, for when the network goes. */
    code: (eventId: string) => call.get('/api/v1/events/{id}/code', { ...at(eventId), query: { ahead: 120 } }),
    /** A scanned text, or six spoken digits with their event, for a five-minute ticket. */
    scan: (code: string, eventId?: string) => call.post('/api/v1/scans', {}, { code, eventId }, { safe: true }),
    checkin: (input: CheckinInput) => call.post('/api/v1/checkins', {}, input),
    /** What was scanned without signal; at most 100 at a time. */
    batch: (items: OfflineScan[]) => call.post('/api/v1/checkins/batch', {}, { items }, { safe: true }),
    attendance: (eventId: string, after = '') => call.get('/api/v1/events/{id}/attendance', { ...at(eventId), query: { after, limit: 500 } }),
    /** The secretary's roll. `pending` takes the mark back; a reason is needed after closing and over a member's own check-in. */
    mark: (eventId: string, memberId: string, status: AttendanceStatus, reason?: string) =>
      call.put('/api/v1/events/{id}/attendance/{memberId}', { path: { id: eventId, memberId } }, reason ? { status, reason } : { status }),
    changes: (eventId: string, memberId: string) => call.get('/api/v1/events/{id}/attendance/{memberId}/changes', { path: { id: eventId, memberId } }),
  };
}
