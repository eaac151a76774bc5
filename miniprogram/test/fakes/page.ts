/** Mounts a page as uni-app would: the page hooks are called by hand, `uni` is a list of what was asked of it. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { vi } from 'vitest';
import type { Component } from 'vue';

type Hook = (query?: Record<string, string>) => unknown;
const hooks = new Map<string, Hook[]>();
const register = (name: string) => (hook: Hook) => { hooks.set(name, [...(hooks.get(name) ?? []), hook]); };

/** For `vi.mock('@dcloudio/uni-app', uniHooks)`. */
export const uniHooks = () => ({
  onLoad: register('load'), onShow: register('show'), onHide: register('hide'), onUnload: register('unload'),
  onPullDownRefresh: register('pull'), onReachBottom: register('bottom'), onLaunch: register('launch'), onShareAppMessage: register('share'),
});

export async function run(name: string, query?: Record<string, string>): Promise<void> {
  for (const hook of hooks.get(name) ?? []) hook(query);
  await flushPromises();
}
/** What the page's share hook says when somebody forwards it. */
export const shared = (): unknown => hooks.get('share')?.[0]?.();

export interface Opened { page: VueWrapper; uni: Record<string, ReturnType<typeof vi.fn>> }

export async function open(page: Component, query: Record<string, string> = {}): Promise<Opened> {
  hooks.clear();
  const uni = Object.fromEntries(['navigateTo', 'redirectTo', 'reLaunch', 'switchTab', 'navigateBack', 'showToast', 'setTabBarBadge', 'removeTabBarBadge', 'setNavigationBarTitle', 'stopPullDownRefresh', 'pageScrollTo', 'makePhoneCall']
    .map((name) => [name, vi.fn()]));
  vi.stubGlobal('uni', uni);
  vi.stubGlobal('getCurrentPages', () => [{}, {}]);
  const pinia = createPinia();
  setActivePinia(pinia);
  const wrapper: VueWrapper = mount(page as never, { global: { plugins: [pinia] }, attachTo: document.body });
  await run('load', query);
  await run('show');
  return { page: wrapper, uni };
}

export const find = (page: VueWrapper, name: string) => page.find(`[data-testid="${name}"]`);
export async function tap(page: VueWrapper, name: string): Promise<void> {
  await page.get(`[data-testid="${name}"]`).trigger('click');
  await flushPromises();
}
/** Types into a field: uni-app's input event carries its value in `detail`. */
export async function type(page: VueWrapper, name: string, value: string): Promise<void> {
  page.get(`[data-testid="${name}"]`).element.dispatchEvent(Object.assign(new Event('input'), { detail: { value } }));
  await flushPromises();
}
