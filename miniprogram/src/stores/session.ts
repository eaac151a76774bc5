import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { platform } from '#platform';
import { api, forgetToken, onLogin, readToken, signIn } from '@/api';
import type { Choice } from '@/api/bindings';
import type { Me, OrgRef } from '@/api/people';
import { clockOffset } from '@/lib/countdown';

const CLOCK = 'clockOffset';

/** Who I am, loaded once per visit and refreshed by whatever answers with it. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(platform.secrets.get<Me>('me') ?? null);
  const runs = shallowRef<OrgRef[]>(me.value?.runs ?? []);
  let fresh = false;
  let loading: Promise<void> | undefined;
  /** Grows when somebody leaves; what was asked for before then is not shown any more. */
  let visit = 0;

  function show(value: Me | null): void {
    me.value = value;
    runs.value = value?.runs ?? [];
    fresh = value !== null;
    if (value) platform.secrets.set('me', value); else platform.secrets.remove('me');
    setUnread(value?.unread ?? 0);
    // a browser is for the demonstration only: members of a real district use WeChat
    if (value && !value.demo) platform.changePerson?.();
  }
  onLogin(show);

  function setUnread(count: number): void {
    if (me.value) me.value = { ...me.value, unread: count };
    const done = { fail: () => { /* not on a tab page: the badge is set there again */ } };
    if (count > 0) void uni.setTabBarBadge({ index: 2, text: count > 99 ? '99+' : String(count), ...done });
    else void uni.removeTabBarBadge({ index: 2, ...done });
  }

  async function load(): Promise<void> {
    if (!readToken()) { await signIn(); return; }
    const mine = visit;
    const sent = Date.now();
    const answer = await api.people.me();
    platform.storage.set(CLOCK, clockOffset(answer.serverTime, sent, Date.now()));
    if (mine === visit) show(answer);
  }

  /** Logs in if needed. A login brings `me` with it, so a first visit costs one request here and not two. */
  function start(again = false): Promise<void> {
    if (fresh && !again) return Promise.resolve();
    if (loading) return loading;
    const asked = load().finally(() => { if (loading === asked) loading = undefined; });
    loading = asked;
    return asked;
  }

  /** From here on, answers to earlier questions are about somebody who is not here any more. */
  function leave(): void {
    visit++;
    loading = undefined;
  }

  /** Binds by the phone number; returns between whom to choose when that is not certain. */
  async function bind(phoneCode: string): Promise<Choice[]> {
    const mine = visit;
    const { choices, ...answer } = await api.people.bind(phoneCode);
    if (mine === visit) show(answer);
    return choices ?? [];
  }
  async function unbind(): Promise<void> {
    await api.people.unbind();
    leave();
    await start(true);
  }
  async function logout(): Promise<void> {
    await api.people.logout().catch(() => { /* the token is forgotten here in any case */ });
    leave();
    forgetToken();
    show(null);
    platform.secrets.clear();
  }
  /** Milliseconds by the server's clock, as well as this phone has learnt it, also without signal. */
  const serverNow = (): number => Date.now() + (platform.storage.get<number>(CLOCK) ?? 0);
  return { me, runs, start, bind, unbind, logout, setUnread, serverNow };
});
