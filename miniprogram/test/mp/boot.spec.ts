import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bootMiniProgram, type FakeCall, type FakeMiniProgram } from './fake-wx.mjs';
import { answer, TOKEN } from './server';

const root = path.resolve(import.meta.dirname, '../../dist/build/mp-weixin');
const meeting = 'e000000000001';
let app: FakeMiniProgram;
const settle = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 60); });
const asked = (): string[] => app.calls.filter((call) => call.name === 'request').map((call) => `${call.method ?? 'GET'} ${(call.url ?? '').replace(/^.*\/api\/v1/, '')}`);
const find = (name: string): FakeCall | undefined => app.calls.find((call) => call.name === name);

beforeEach(() => { app = bootMiniProgram(root, { request: answer }); });
afterEach(() => { app.close(); vi.restoreAllMocks(); });

describe('a first visit', () => {
  it('logs in with wx.login once and shows the next event after two requests', async () => {
    const page = app.openPage('pages/home/home');
    await settle();
    expect(asked().slice(0, 2)).toEqual(['POST /session', 'GET /events?when=upcoming&scope=mine&limit=20']);
    expect(app.calls.filter((call) => call.name === 'login')).toHaveLength(1);
    expect(app.calls.find((call) => call.url?.endsWith('/session'))?.data).toEqual({ code: 'wx-code-1' });
    expect(app.storage.get('login.token')).toBe(TOKEN);
    expect(JSON.stringify(page.data)).toContain('张志强');
  });

  it('finds the token of last time and does not log in again', async () => {
    app.storage.set('login.token', TOKEN);
    app.openPage('pages/home/home');
    await settle();
    expect(find('login')).toBeUndefined();
    expect(asked()).toContain('GET /me');
  });

  it('gets over a token that has run out, with one login for all', async () => {
    app.storage.set('login.token', 'old');
    app.openPage('pages/home/home');
    await settle();
    expect(app.calls.filter((call) => call.name === 'login')).toHaveLength(1);
    expect(app.storage.get('login.token')).toBe(TOKEN);
  });
});

describe('a scan from the camera', () => {
  it.each<[string, Record<string, string>, string]>([
    ['an ordinary link', { q: encodeURIComponent('https://d.example/c/e1.2.m') }, 'https://d.example/c/e1.2.m'],
    ['a mini-program code, encoded as iOS does', { scene: 'p%3D1' }, 'p=1'],
    ['a mini-program code, raw as Android does', { scene: 'p=1' }, 'p=1'],
  ])('%s is exchanged for a ticket and checked in', async (_name, query, code) => {
    const page = app.openPage('pages/checkin/checkin', query);
    await settle();
    expect(app.calls.find((call) => call.url?.endsWith('/scans'))?.data).toMatchObject({ code });
    expect(app.calls.find((call) => call.url?.endsWith('/checkins'))?.data).toMatchObject({ ticket: 'ticket-1', key: expect.any(String) as string });
    expect(find('getLocation')).toBeUndefined();
    expect(JSON.stringify(page.data)).toContain('签到成功');
  });
});

it('opens the live line with the token as a subprotocol and keeps the screen on', async () => {
  app.openPage('pages/home/home');
  await settle();
  const page = app.openPage('pkg-secretary/pages/code/code', { id: 'e1' });
  await settle();
  expect(find('connectSocket')?.url).toMatch(/^wss?:.*\/events\/e1\/live$/);
  expect(find('connectSocket')?.args).toMatchObject({ protocols: ['themeday.v1', `bearer.${TOKEN}`] });
  expect(find('setKeepScreenOn')?.args).toMatchObject({ keepScreenOn: true });
  expect(JSON.stringify(page.data)).toContain('482 913');
  page.onUnload?.();
});

describe('every page', () => {
  const pages = (JSON.parse(fs.readFileSync(path.join(root, 'app.json'), 'utf8')) as { pages: string[]; subPackages: { root: string; pages: string[] }[] });
  const routes = [...pages.pages, ...pages.subPackages.flatMap((part) => part.pages.map((page) => `${part.root}/${page}`))];

  it.each(routes)('%s opens and asks only for what the contract has', async (route) => {
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const page = app.openPage(route, { id: meeting, code: 'https://d.example/c/e1.2.m' });
    await settle();
    page.onUnload?.();
    expect(complaints.mock.calls).toEqual([]);
    expect(warnings.mock.calls).toEqual([]);
    expect(JSON.stringify(page.data)).not.toContain('没有 GET');
    expect(Object.keys(page.data).length).toBeGreaterThan(0);
  });

  it('is there, and the demonstration is not', () => {
    expect(routes).toEqual(expect.arrayContaining(['pages/home/home', 'pages/event/event', 'pages/checkin/checkin', 'pkg-secretary/pages/edit/edit', 'pkg-secretary/pages/code/code']));
    expect(routes.join()).not.toContain('demo');
  });
});

it('asks for a new version at launch', () => { expect(find('getUpdateManager')).toBeDefined(); });

it('lets nothing be forwarded but an event: a code on a screen is for those in the room', () => {
  const forwarded = app.config.pages.concat('pkg-secretary/pages/code/code', 'pkg-secretary/pages/attendance/attendance', 'pkg-secretary/pages/reminders/reminders', 'pkg-secretary/pages/edit/edit')
    .filter((route) => app.shares(route));
  expect(forwarded).toEqual(['pages/event/event']);
});

describe('what WeChat reviews', () => {
  const config = JSON.parse(fs.readFileSync(path.join(root, 'app.json'), 'utf8')) as Record<string, unknown>;
  const scripts = fs.readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js') && !file.startsWith('common/')).map((file) => fs.readFileSync(path.join(root, file), 'utf8')).join();

  it('declares exactly the private interface that is used, with a reason of at most thirty characters', () => {
    const known = ['chooseAddress', 'chooseLocation', 'choosePoi', 'getFuzzyLocation', 'getLocation', 'onLocationChange', 'startLocationUpdate', 'startLocationUpdateBackground'];
    expect(config.requiredPrivateInfos).toEqual(known.filter((name) => new RegExp(`\\.${name}\\(`).test(scripts)));
    const { desc } = (config.permission as Record<string, { desc: string }>)['scope.userLocation'] ?? { desc: '' };
    expect([...desc].length).toBeGreaterThan(5);
    expect([...desc].length).toBeLessThanOrEqual(30);
  });
  it('checks privacy, loads lazily and follows the dark mode', () => {
    expect(config).toMatchObject({ __usePrivacyCheck__: true, lazyCodeLoading: 'requiredComponents', darkmode: true, themeLocation: 'theme.json' });
  });
  it('has pictures for its tabs that WeChat takes', () => {
    const { list } = config.tabBar as { list: { iconPath: string; selectedIconPath: string }[] };
    for (const icon of list.flatMap((tab) => [tab.iconPath, tab.selectedIconPath])) expect(fs.statSync(path.join(root, icon)).size).toBeLessThan(40 * 1024);
  });
  it('names no account: whose it is, is said when it is built', () => {
    const source = fs.readFileSync(path.join(root, '../../../src/manifest.json'), 'utf8');
    expect(source).not.toMatch(/wx[0-9a-f]{16}/);
    expect(JSON.parse(fs.readFileSync(path.join(root, 'project.config.json'), 'utf8'))).toMatchObject({ appid: process.env.THEMEDAY_WECHAT_APP_ID ?? 'touristappid' });
  });
  it('uses the button for the phone number, and nothing withdrawn', () => {
    expect(scripts).toContain('getPhoneNumber');
    expect(scripts).not.toMatch(/getUserProfile|getUserInfo|getSystemInfoSync\(/);
  });
});

describe('the package', () => {
  const texts = fs.readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(js|wxml|wxss|json)$/.test(file)).map((file) => ({ file, text: fs.readFileSync(path.join(root, file), 'utf8') }));

  it('names no foreign host', () => {
    // namespaces and links inside comments of libraries are not requests; anything else would be
    const hosts = texts.flatMap(({ file, text }) => [...text.matchAll(/(?:https?|wss?):\/\/([\w.-]+\.[a-z]{2,})/gi)].map((hit) => `${file}: ${hit[1] ?? ''}`));
    expect(hosts.filter((host) => !/w3\.org|github\.com|vuejs\.org|vuex\.|dcloud\.(net\.cn|io)\/?$/.test(host))).toEqual([]);
  });

  it('holds nothing that only a browser has', () => {
    const browser = texts.filter(({ file, text }) => file.endsWith('.js') && /__sim\/|getUserMedia|jsQR/.test(text)).map(({ file }) => file);
    expect(browser).toEqual([]);
  });
});
