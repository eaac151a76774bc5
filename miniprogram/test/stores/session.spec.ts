import { flushPromises } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Me } from '@/api/people';
import { useSession } from '@/stores/session';
import { me, NOW, secretary } from '../fakes/nouns';
import { platform } from '../fakes/platform';

const api = vi.hoisted(() => ({ people: { me: vi.fn(), bind: vi.fn(), unbind: vi.fn(), logout: vi.fn() } }));
const line = vi.hoisted(() => ({ token: '', signIn: vi.fn(), welcome: undefined as ((me: Me) => void) | undefined }));
vi.mock('@/api', () => ({
  api, readToken: () => line.token, forgetToken: () => { line.token = ''; }, onLogin: (listener: (me: Me) => void) => { line.welcome = listener; }, signIn: line.signIn,
}));

const badge = { setTabBarBadge: vi.fn(), removeTabBarBadge: vi.fn() };
/** An answer that comes when the test says so. */
function later<T>(): { promise: Promise<T>; come: (value: T) => void } {
  let come: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => { come = resolve; });
  return { promise, come };
}

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubGlobal('uni', badge);
  setActivePinia(createPinia());
  platform.secrets.clear();
  platform.storage.clear();
  line.token = 'tok';
  line.signIn.mockImplementation(() => { line.token = 'new'; line.welcome?.(me()); return Promise.resolve(); });
  api.people.me.mockResolvedValue(secretary());
  api.people.logout.mockResolvedValue(null);
  api.people.unbind.mockResolvedValue(null);
});

describe('starting', () => {
  it('asks who I am once, however many pages ask for it', async () => {
    const session = useSession();
    await Promise.all([session.start(), session.start(), session.start()]);
    await session.start();
    expect(api.people.me).toHaveBeenCalledTimes(1);
    expect(session.runs).toHaveLength(1);
  });
  it('logs in where there is no token, and takes who I am from the login', async () => {
    line.token = '';
    const session = useSession();
    await session.start();
    expect(session.me?.member?.name).toBe('张志强');
    expect(api.people.me).not.toHaveBeenCalled();
  });
  it('shows who was here last time before the answer comes, and asks all the same', async () => {
    platform.secrets.set('me', secretary());
    const session = useSession();
    expect(session.runs).toHaveLength(1);
    await session.start();
    expect(api.people.me).toHaveBeenCalledTimes(1);
  });
  it('tries again after a failure', async () => {
    api.people.me.mockRejectedValueOnce(new Error('down'));
    const session = useSession();
    await expect(session.start()).rejects.toThrow();
    await session.start();
    expect(session.me).not.toBeNull();
  });
  it('leaves a browser that is not demonstrating', async () => {
    api.people.me.mockResolvedValue(me({ demo: false }));
    await useSession().start();
    expect(platform.changePerson).toHaveBeenCalled();
  });
});

describe('the server\'s clock', () => {
  it('is learnt from the answer and remembered', async () => {
    vi.useFakeTimers({ now: NOW - 300_000, toFake: ['Date'] });
    api.people.me.mockResolvedValue(me({ serverTime: new Date(NOW).toISOString() }));
    const session = useSession();
    expect(session.serverNow()).toBe(NOW - 300_000);
    await session.start();
    expect(session.serverNow()).toBe(NOW);
    setActivePinia(createPinia());
    expect(useSession().serverNow()).toBe(NOW);
    vi.useRealTimers();
  });
});

describe('logging out', () => {
  it('forgets everything of this person, also when the server cannot be told', async () => {
    api.people.logout.mockRejectedValue(new Error('down'));
    const session = useSession();
    await session.start();
    platform.secrets.set('cache.home', ['x']);
    await session.logout();
    expect(line.token).toBe('');
    expect(session.me).toBeNull();
    expect(platform.secrets.get('me')).toBeUndefined();
    expect(platform.secrets.get('cache.home')).toBeUndefined();
    expect(badge.removeTabBarBadge).toHaveBeenCalled();
  });
  it('is not undone by an answer that was on its way', async () => {
    const slow = later<Me>();
    api.people.me.mockReturnValueOnce(slow.promise);
    const session = useSession();
    const started = session.start();
    await session.logout();
    slow.come(secretary());
    await started;
    expect(session.me).toBeNull();
    expect(platform.secrets.get('me')).toBeUndefined();
  });
  it('lets the next one in while that answer is still out', async () => {
    const slow = later<Me>();
    api.people.me.mockReturnValueOnce(slow.promise);
    const session = useSession();
    const started = session.start();
    await session.logout();
    await session.start();
    slow.come(secretary());
    await started;
    expect(session.me?.runs).toEqual([]);
    expect(line.signIn).toHaveBeenCalledTimes(1);
  });
  it('is not undone by a binding that was on its way', async () => {
    const slow = later<Me>();
    api.people.bind.mockReturnValue(slow.promise);
    const session = useSession();
    await session.start();
    const bound = session.bind('p');
    await session.logout();
    slow.come(me());
    await bound;
    expect(session.me).toBeNull();
  });
});

describe('binding', () => {
  it('shows the member that the server found', async () => {
    api.people.me.mockResolvedValue(me({ member: null }));
    api.people.bind.mockResolvedValue(me());
    const session = useSession();
    await session.start();
    await session.bind('phone-code');
    expect(api.people.bind).toHaveBeenCalledWith('phone-code');
    expect(session.me?.member?.name).toBe('张志强');
  });
  it('undone, asks anew who is left, whatever was asked before', async () => {
    const old = later<Me>();
    const session = useSession();
    await session.start();
    api.people.me.mockReturnValueOnce(old.promise).mockResolvedValue(me({ member: null }));
    const asking = session.start(true);
    await session.unbind();
    old.come(me());
    await asking;
    await flushPromises();
    expect(session.me?.member).toBeNull();
  });
});

it.each([[0, undefined], [3, '3'], [99, '99'], [120, '99+']])('%i unread messages are a badge of %s', (count, text) => {
  useSession().setUnread(count);
  if (text) expect(badge.setTabBarBadge).toHaveBeenCalledWith(expect.objectContaining({ index: 2, text }));
  else expect(badge.removeTabBarBadge).toHaveBeenCalledWith(expect.objectContaining({ index: 2 }));
});
