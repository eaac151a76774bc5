import { describe, expect, it } from 'vitest';
import { changeKind, complaintsOf, folded, formErrors, formOf, inputOf, moveEnd, moveStart, newForm, nextThemeDay, startingNow, type EventForm } from '@/lib/eventform';
import { event, NOW } from '../fakes/nouns';

const form = (part: Partial<EventForm> = {}): EventForm => ({ ...newForm(NOW, 'b1', 10), placeName: '村部', ...part });

describe('a new event', () => {
  it.each<[string, number | undefined, string]>([
    ['2026-12-10T06:50:00Z', 10, '2026-12-10 15:00'], ['2026-12-10T07:00:00Z', 10, '2027-01-10 15:00'], ['2026-12-10T07:00:00Z', undefined, '2027-01-10 15:00'],
    ['2026-02-01T00:00:00Z', 31, '2026-02-28 15:00'], ['2026-12-30T16:00:00Z', 5, '2027-01-05 15:00'],
  ])('seen at %s with theme day %s starts %s', (now, day, want) => { expect(nextThemeDay(Date.parse(now), day)).toBe(want); });

  it('lasts two hours, opens half an hour before and knows what late is', () => {
    expect(form()).toMatchObject({ start: '2026-12-10 15:00', end: '2026-12-10 17:00', opens: '2026-12-10 14:30', late: '2026-12-10 15:10', closes: '2026-12-10 17:00', title: '12月主题党日' });
  });
  it('can begin now, on the last five minutes', () => { expect(startingNow(Date.parse('2026-12-10T06:54:59Z'))).toBe('2026-12-10 14:50'); });
  it('may be sent as soon as the place is known', () => {
    expect(formErrors(form())).toEqual({});
    expect(Object.keys(formErrors(form({ placeName: ' ' })))).toEqual(['placeName']);
  });
});

describe('changing it', () => {
  it('moves the end, the window and the suggested title with the start', () => {
    expect(moveStart(form(), '2027-01-10 09:00')).toMatchObject({ end: '2027-01-10 11:00', opens: '2027-01-10 08:30', closes: '2027-01-10 11:00', title: '1月主题党日' });
  });
  it('leaves an own title and an own window alone', () => {
    const own = form({ title: '看电影', customWindow: true, opens: '2026-12-10 14:00' });
    expect(moveStart(own, '2027-01-10 09:00')).toMatchObject({ title: '看电影', opens: '2026-12-10 14:00' });
    expect(moveEnd(own, '2026-12-10 18:00')).toMatchObject({ end: '2026-12-10 18:00', closes: '2026-12-10 17:00' });
  });
  it('suggests a title for the kind unless one was written', () => {
    expect(changeKind(form(), 'lecture').title).toBe('12月党课');
    expect(changeKind(form({ title: '看电影' }), 'lecture').title).toBe('看电影');
  });
});

describe('what is wrong', () => {
  it.each<[string, Partial<EventForm>, string]>([
    ['a title of one character', { title: '会' }, 'title'], ['a title of 61', { title: '会'.repeat(61) }, 'title'], ['no host', { hostOrgId: '' }, 'hostOrgId'],
    ['an end before the start', { end: '2026-12-10 14:00' }, 'end'], ['no start', { start: '' }, 'start'], ['a long place', { placeName: '村'.repeat(61) }, 'placeName'],
    ['a window that closes before it opens', { customWindow: true, opens: '2026-12-10 17:00', closes: '2026-12-10 16:00' }, 'closes'],
    ['late before the window opens', { customWindow: true, late: '2026-12-10 14:00' }, 'late'],
  ])('%s', (_name, part, field) => { expect(formErrors(form(part))).toHaveProperty(field); });
  it('is not what the fold hides and nobody changed', () => { expect(formErrors(form({ opens: '', late: '' }))).toEqual({}); });
});

it('is sent in UTC, without the host among the guests', () => {
  expect(inputOf(form({ guestOrgIds: ['b1', 'b2'], title: ' 12月主题党日 ' }), 'k1')).toEqual({
    key: 'k1', kind: 'theme_day', title: '12月主题党日', summary: '', hostOrgId: 'b1', guestOrgIds: ['b2'],
    startsAt: '2026-12-10T07:00:00Z', endsAt: '2026-12-10T09:00:00Z', place: { name: '村部', address: '' },
    reminders: { published: true, dayBefore: true, soon: false, recordReady: true },
  });
});

it('is sent with its own window only when somebody chose one', () => {
  expect(inputOf(form({ customWindow: true, opens: '2026-12-10 14:00' }), 'k').checkin).toEqual({ opensAt: '2026-12-10T06:00:00Z', lateAfter: '2026-12-10T07:10:00Z', closesAt: '2026-12-10T09:00:00Z' });
});

it('survives being opened for a change, position included', () => {
  const place = { name: '烈士陵园', address: '1 号', position: { lat: 30, lng: 114 }, radius: 500 };
  const before = event({ place });
  expect(formOf(before).customWindow).toBe(false);
  expect(inputOf(formOf(before), 'k', before)).toMatchObject({ title: before.title, startsAt: before.startsAt, revision: 1, place });
});
it('marks the hall, unless a site says where it is', () => {
  const position = { lat: 30.1, lng: 114.2 };
  expect(inputOf(form({ position }), 'k').place).toMatchObject({ position });
  expect(inputOf(form({ position, siteId: 's1' }), 'k').place).not.toHaveProperty('position');
  const before = event({ place: { name: '村部', address: '', position, radius: 500 } });
  expect(inputOf({ ...formOf(before), position: null }, 'k', before).place).not.toHaveProperty('position');
});
it('notices a window of its own', () => {
  expect(formOf(event({ checkin: { opensAt: '2026-12-10T06:00:00Z', lateAfter: '2026-12-10T07:10:00Z', closesAt: '2026-12-10T09:00:00Z' } })).customWindow).toBe(true);
});
it('knows that something short is never late after its end', () => {
  expect(moveEnd(form(), '2026-12-10 15:05')).toMatchObject({ late: '2026-12-10 15:05', closes: '2026-12-10 15:05' });
});

it('puts the server\'s complaints at their fields', () => {
  expect(complaintsOf({ 'place.name': '请填写地点', 'checkin.closesAt': '太晚', revision: '旧了' })).toEqual({ errors: { placeName: '请填写地点', closes: '太晚' }, rest: ['旧了'] });
  expect(folded({ placeName: 'x' })).toBe(false);
  expect(folded({ closes: 'x' })).toBe(true);
});
