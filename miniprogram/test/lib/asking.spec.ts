import { describe, expect, it } from 'vitest';
import type { Template } from '@/api/reminders';
import { alongAt, askedAt, askingAt, leftAt, quietAt, type Asking, type Moment } from '@/lib/asking';
import type { GrantAnswer } from '@/api/reminders';
import { template } from '../fakes/nouns';

const all: Template[] = [
  template({ id: 'news', kinds: ['published'], remaining: 1 }),
  template({ id: 'before', kinds: ['day_before', 'soon'], remaining: 2 }),
  template({ id: 'change', kinds: ['changed'] }),
  template({ id: 'off', kinds: ['cancelled'] }),
  template({ id: 'decided', kinds: ['leave_decided', 'makeup_decided'], remaining: 4 }),
  template({ id: 'record', kinds: ['record_ready'] }),
  template({ id: 'task', kinds: ['not_closed', 'not_held'] }),
];
const ids = (moment: Moment, templates = all): string[] => askedAt(moment, templates).map(({ id }) => id);
const but = (id: string, part: Partial<Template>): Template[] => all.map((one) => (one.id === id ? { ...one, ...part } : one));

describe('what a tap asks for', () => {
  it.each<[Moment, string[], number]>([
    ['coming', ['before', 'change', 'off', 'news', 'record'], 3],
    ['next', ['news', 'before', 'change', 'off', 'record'], 3],
    ['decision', ['decided'], 4],
    ['duty', ['task'], 0],
  ])('%s', (moment, want, left) => {
    expect(ids(moment)).toEqual(want);
    expect(leftAt(moment, all)).toBe(left);
  });
  it('is never two kinds of templates at once: what lasts comes first, until it is answered', () => {
    expect(ids('coming', but('before', { type: 'long_term' }))).toEqual(['before']);
    for (const setting of ['accept', 'reject'] as const) {
      expect(ids('coming', but('before', { type: 'long_term', setting }))).toEqual(['change', 'off', 'news', 'record']);
    }
    const long = all.map((one) => ({ ...one, type: 'long_term' as const }));
    expect(ids('decision', long)).toEqual(['decided']);
    expect(leftAt('decision', long)).toBe(0);
  });
  it('leaves out what is allowed for ever and what WeChat has banned', () => {
    expect(ids('decision', but('decided', { type: 'long_term', setting: 'accept' }))).toEqual([]);
    expect(ids('coming', but('change', { setting: 'ban' }))).toEqual(['before', 'off', 'news', 'record']);
  });
  it('asks again where the answer was no: whoever taps may have changed their mind', () => {
    expect(ids('duty', but('task', { setting: 'reject' }))).toEqual(['task']);
  });
  it('is nothing where the account has no such template', () => { expect(ids('duty', all.slice(0, 3))).toEqual([]); });
});

describe('what is settled for good', () => {
  const yes: Record<string, GrantAnswer> = { before: 'accept', change: 'accept', off: 'accept', news: 'accept', record: 'accept' };
  const no: Record<string, GrantAnswer> = { before: 'reject', change: 'reject', off: 'reject', news: 'reject', record: 'reject' };
  it.each<[string, boolean, Record<string, GrantAnswer>, Asking, string[]]>([
    ['nothing', true, {}, 'ask', []], ['a yes to all', true, yes, 'kept', ['before', 'change', 'off', 'news', 'record']], ['a no to all', true, no, 'off', []],
    ['some of it', true, { before: 'accept', change: 'reject' }, 'ask', ['before']], ['yes and no', true, { ...yes, news: 'reject' }, 'kept', ['before', 'change', 'off', 'record']],
    ['the main switch', false, yes, 'off', []],
  ])('%s', (_name, on, always, how, quiet) => {
    expect(askingAt('coming', all, { on, always })).toBe(how);
    expect(quietAt('coming', all, { on, always }).map(({ id }) => id)).toEqual(quiet);
  });
  it.each<[string, Partial<Template>, Record<string, GrantAnswer>, string[]]>([
    ['asks when nothing is left', { remaining: 0 }, {}, ['decided']],
    ['does not ask while a message is left', { remaining: 1 }, {}, []],
    ['adds without a dialog what is allowed for good', { remaining: 1 }, { decided: 'accept' }, ['decided']],
    ['respects a no for good', { remaining: 0 }, { decided: 'reject' }, []],
  ])('a tap that sends something %s', (_name, part, always, want) => {
    expect(alongAt('decision', but('decided', part), { on: true, always }).map(({ id }) => id)).toEqual(want);
    expect(alongAt('decision', but('decided', part), { on: false, always })).toEqual([]);
  });
  it('does not matter where there is nothing to ask for', () => { expect(askingAt('duty', all.slice(0, 3), { on: false, always: {} })).toBe('none'); });
});
