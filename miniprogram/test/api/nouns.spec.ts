import { beforeEach, describe, expect, it } from 'vitest';
import { createCheckinsApi } from '@/api/checkins';
import { createClient, type HttpRequest } from '@/api/client';
import { contract, fill } from '@/api/contract';
import { createEventsApi } from '@/api/events';
import { createMessagesApi } from '@/api/messages';
import { createOrgsApi } from '@/api/orgs';
import { createPeopleApi } from '@/api/people';
import { createRemindersApi } from '@/api/reminders';
import { createRequestsApi, type Ask } from '@/api/requests';
import { createRollApi } from '@/api/roll';
import { event } from '../fakes/nouns';

let asked: HttpRequest[];
/** Statuses to answer with, in order; 200 when there are no more. */
let statuses: number[];
const http = createClient({
  baseUrl: '', readToken: () => 'tok', login: () => Promise.resolve(), sleep: () => Promise.resolve(),
  transport: (request) => { asked.push(request); return Promise.resolve({ status: statuses.shift() ?? 200, data: { items: [], next: '' } }); },
});
const people = createPeopleApi(http);
const orgs = createOrgsApi(http);
const facts = { name: '石桥村党支部', themeDay: 10, address: '', termStart: '', termYears: 0, electionDue: '', key: 'k' };
const events = createEventsApi(http);
const checkins = createCheckinsApi(http);
const reminders = createRemindersApi(http);
const messages = createMessagesApi(http);
const requests = createRequestsApi(http);
const roll = createRollApi(http);
const wish: Ask = { key: 'k', kind: 'leave', status: 'sick', reason: '看病' };
const input = { ...event(), key: 'k1' };

beforeEach(() => { asked = []; statuses = []; });

it('sends a picture as it is, under its own type', async () => {
  const picture = new ArrayBuffer(3);
  await requests.keep(picture);
  expect(asked[0]).toMatchObject({ method: 'POST', url: '/api/v1/evidence', data: picture, header: { 'content-type': 'image/jpeg' } });
  expect(requests.picturePath('r/1', 'p1')).toBe('/api/v1/requests/r%2F1/evidence/p1');
});

describe('every call', () => {
  it.each<[string, () => Promise<unknown>, string, unknown?]>([
    ['login', () => people.login('c'), 'POST /api/v1/session', { code: 'c' }],
    ['logout', () => people.logout(), 'DELETE /api/v1/session'],
    ['me', () => people.me(), 'GET /api/v1/me'],
    ['bind', () => people.bind('p'), 'POST /api/v1/me/binding', { phoneCode: 'p' }],
    ['unbind', () => people.unbind(), 'DELETE /api/v1/me/binding'],
    ['record', () => people.record(2026, 'x'), 'GET /api/v1/me/attendance?year=2026&after=x&limit=50'],
    ['orgs', () => people.orgs(), 'GET /api/v1/orgs?limit=200'],
    ['closed orgs', () => people.orgs('x', true), 'GET /api/v1/orgs?after=x&limit=200&closed=true'],
    ['org', () => orgs.get('o1'), 'GET /api/v1/orgs/o1'],
    ['new org', () => orgs.create('o1', { ...facts, kind: 'branch' }), 'POST /api/v1/orgs/o1/orgs', { ...facts, kind: 'branch' }],
    ['edit org', () => orgs.edit('o1', { ...facts, revision: 4 }), 'PUT /api/v1/orgs/o1', { ...facts, revision: 4 }],
    ['move org', () => orgs.move('o1', 'o2', 4, 'k'), 'POST /api/v1/orgs/o1/move', { parentId: 'o2', revision: 4, key: 'k' }],
    ['merge org', () => orgs.merge('o1', 'o2', 4, 'k'), 'POST /api/v1/orgs/o1/merge', { intoId: 'o2', revision: 4, key: 'k' }],
    ['close org', () => orgs.close('o1', '撤并', 4, 'k'), 'POST /api/v1/orgs/o1/close', { reason: '撤并', revision: 4, key: 'k' }],
    ['reopen org', () => orgs.reopen('o1', 'k'), 'POST /api/v1/orgs/o1/reopen', { key: 'k' }],
    ['org history', () => orgs.history('o1', '3'), 'GET /api/v1/orgs/o1/history?after=3&limit=20'],
    ['events', () => events.list({ when: 'past', scope: 'run' }), 'GET /api/v1/events?when=past&scope=run'],
    ['event', () => events.get('e1'), 'GET /api/v1/events/e1'],
    ['create', () => events.create(input), 'POST /api/v1/events', input],
    ['update', () => events.update('e1', input), 'PUT /api/v1/events/e1', input],
    ['publish', () => events.publish('e1', 'k'), 'POST /api/v1/events/e1/publish', { key: 'k' }],
    ['cancel', () => events.cancel('e1', 'k', '下雨'), 'POST /api/v1/events/e1/cancel', { key: 'k', reason: '下雨' }],
    ['close', () => events.close('e1', 'k'), 'POST /api/v1/events/e1/close', { key: 'k' }],
    ['code', () => checkins.code('e1'), 'GET /api/v1/events/e1/code?ahead=120'],
    ['scan', () => checkins.scan('482913', 'e1'), 'POST /api/v1/scans', { code: '482913', eventId: 'e1' }],
    ['checkin', () => checkins.checkin({ key: 'k', ticket: 't' }), 'POST /api/v1/checkins', { key: 'k', ticket: 't' }],
    ['batch', () => checkins.batch([]), 'POST /api/v1/checkins/batch', { items: [] }],
    ['attendance', () => checkins.attendance('e1', 'm9'), 'GET /api/v1/events/e1/attendance?after=m9&limit=500'],
    ['mark', () => checkins.mark('e1', 'm1', 'present'), 'PUT /api/v1/events/e1/attendance/m1', { status: 'present' }],
    ['mark with a reason', () => checkins.mark('e1', 'm1', 'late', '核实'), 'PUT /api/v1/events/e1/attendance/m1', { status: 'late', reason: '核实' }],
    ['changes', () => checkins.changes('e1', 'm1'), 'GET /api/v1/events/e1/attendance/m1/changes'],
    ['templates', () => reminders.templates(), 'GET /api/v1/message-templates'],
    ['grant', () => reminders.grant('k', { t1: 'accept' }), 'POST /api/v1/grants', { key: 'k', results: { t1: 'accept' } }],
    ['reminders', () => reminders.ofEvent('e1'), 'GET /api/v1/events/e1/reminders'],
    ['deliveries', () => reminders.deliveries('e1', 'r1', ['sent', 'held'], '王', 'm9'), 'GET /api/v1/events/e1/reminders/r1/deliveries?state=sent%2Cheld&name=%E7%8E%8B&after=m9&limit=50'],
    ['all deliveries', () => reminders.deliveries('e1', 'r1', []), 'GET /api/v1/events/e1/reminders/r1/deliveries?limit=50'],
    ['send now', () => reminders.sendNow('e1', 'r1', true), 'POST /api/v1/events/e1/reminders/r1/send-now', { atNight: true }],
    ['tick', () => reminders.tick('e1', 'm1', 'k', 'r1', true), 'PUT /api/v1/events/e1/calls/m1', { key: 'k', newsId: 'r1', told: true }],
    ['load', () => reminders.load('o1', '2026-12'), 'GET /api/v1/orgs/o1/reminder-load?month=2026-12'],
    ['ceiling', () => reminders.setCeiling('o1', 6), 'PUT /api/v1/orgs/o1/reminder-ceiling', { ceiling: 6 }],
    ['messages', () => messages.list('x'), 'GET /api/v1/messages?after=x&limit=30'],
    ['read', () => messages.read(['x1']), 'POST /api/v1/messages/read', { ids: ['x1'] }],
    ['my requests', () => requests.mine('e1'), 'GET /api/v1/requests?scope=mine&eventId=e1'],
    ['requests to decide', () => requests.toDecide('pending', 'e1'), 'GET /api/v1/requests?scope=run&eventId=e1&limit=100&state=pending'],
    ['all requests', () => requests.toDecide(''), 'GET /api/v1/requests?scope=run&limit=100'],
    ['ask', () => requests.ask('e1', wish), 'POST /api/v1/events/e1/requests', wish],
    ['withdraw', () => requests.withdraw('r1'), 'POST /api/v1/requests/r1/withdraw', {}],
    ['approve', () => requests.approve('r1'), 'POST /api/v1/requests/r1/approve', {}],
    ['decline', () => requests.decline('r1', '不行'), 'POST /api/v1/requests/r1/decline', { reason: '不行' }],
    ['helpable', () => roll.helpable('e1'), 'GET /api/v1/events/e1/helpable'],
    ['help', () => roll.help('e1', 'k', 'm1'), 'POST /api/v1/events/e1/helped', { key: 'k', memberId: 'm1' }],
    ['several', () => roll.several('e1', 'k', ['m1'], 'late', '核实'), 'POST /api/v1/events/e1/attendance/marks', { key: 'k', memberIds: ['m1'], status: 'late', reason: '核实' }],
    ['undo', () => roll.undo('e1', 'b1'), 'POST /api/v1/events/e1/attendance/marks/b1/undo', {}],
    ['read all', () => messages.readAll(), 'POST /api/v1/messages/read', { all: true }],
  ])('%s', async (_name, call, want, body) => {
    await call();
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([want]);
    expect(asked[0]?.data).toEqual(body);
  });
});

it('the login alone goes without a token', async () => {
  await people.login('c');
  await people.me();
  expect(asked.map(({ header }) => header.authorization)).toEqual([undefined, 'Bearer tok']);
});

describe('after a lost answer', () => {
  it.each<[string, () => Promise<unknown>, number]>([
    ['a scan is asked again', () => checkins.scan('c'), 2], ['a check-in with its key', () => checkins.checkin({ key: 'k', code: 'c' }), 2], ['a batch', () => checkins.batch([]), 2],
    ['publishing with its key', () => events.publish('e1', 'k'), 2], ['a mark is not', () => checkins.mark('e1', 'm1', 'present'), 1], ['a binding is not: its code is spent', () => people.bind('p'), 1],
  ])('%s', async (_name, call, times) => {
    statuses = [503];
    await call().catch(() => undefined);
    expect(asked).toHaveLength(times);
  });
});

it('an id from a link cannot climb out of its path', async () => {
  await events.get('../me?x=1#');
  expect(asked[0]?.url).toBe('/api/v1/events/..%2Fme%3Fx%3D1%23');
  expect(fill('/a/{id}/b/{other}', { id: '1' })).toBe('/a/1/b/');
});

it('what the contract has not got does not compile', () => {
  const call = contract(http);
  // never run: each line is an error that the type check must find
  const lies = (): unknown[] => [
    // @ts-expect-error no such path
    call.get('/api/v1/nobody', {}),
    // @ts-expect-error no such verb here
    call.delete('/api/v1/events', {}),
    // @ts-expect-error the path wants an id
    call.get('/api/v1/events/{id}', {}),
    // @ts-expect-error the query has no such word
    call.get('/api/v1/events', { query: { when: 'someday' } }),
    // @ts-expect-error the body lacks its code
    call.post('/api/v1/scans', {}, {}),
    // @ts-expect-error the body has no such status
    call.put('/api/v1/events/{id}/attendance/{memberId}', { path: { id: 'e', memberId: 'm' } }, { status: 'asleep' }),
    // @ts-expect-error the answer has no such field
    call.get('/api/v1/me', {}).then((me) => { me.nickname = ''; }),
  ];
  expect(lies).toBeTypeOf('function');
});
