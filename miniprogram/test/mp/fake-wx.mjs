// Boots the built mp-weixin package in Node under a fake `wx` (no DOM): proves that what is uploaded starts, logs in and fills its pages.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

const PHONE = {
  windowWidth: 375, windowHeight: 700, screenWidth: 375, screenHeight: 812, pixelRatio: 2, statusBarHeight: 44, platform: 'devtools', SDKVersion: '3.8.0',
  model: 'iPhone 15', brand: 'apple', system: 'iOS 17.0', version: '8.0.50', fontSizeSetting: 16, theme: 'light', language: 'zh_CN',
  safeArea: { top: 44, bottom: 778, left: 0, right: 375, width: 375, height: 734 },
};
// uni-app copies the keys of `wx` at start, so every API in use must be an own key
const QUIET = [
  'setStorage', 'getStorage', 'navigateTo', 'navigateBack', 'switchTab', 'redirectTo', 'reLaunch', 'showToast', 'hideToast', 'showModal', 'showLoading', 'hideLoading', 'openLocation',
  'setClipboardData', 'stopPullDownRefresh', 'createCanvasContext', 'onNetworkStatusChange', 'getNetworkType', 'setNavigationBarTitle', 'onThemeChange', 'nextTick', 'setKeepScreenOn',
  'createIntersectionObserver', 'onWindowResize', 'offWindowResize', 'getMenuButtonBoundingClientRect', 'loadFontFace', 'pageScrollTo', 'setTabBarBadge', 'removeTabBarBadge',
];
const INSTANCE = ['onLoad', 'onShow', 'onHide', 'onReady', 'onUnload', 'onPullDownRefresh', 'onReachBottom'];

/** The wx object. `answers` replaces single APIs; everything called is written down in `calls`. */
function fakeWx({ request, launch, answers, calls, storage }) {
  const done = (name, options, result = {}) => { calls.push({ name, args: options }); options?.success?.({ errMsg: `${name}:ok`, ...result }); options?.complete?.({}); };
  const query = { exec: (then) => then?.([]) };
  for (const step of ['in', 'select', 'selectAll', 'selectViewport', 'boundingClientRect', 'fields', 'node']) query[step] = () => query;
  const api = {
    getSystemInfoSync: () => PHONE, getAppBaseInfo: () => PHONE, getWindowInfo: () => PHONE, getDeviceInfo: () => PHONE, getSystemSetting: () => ({}),
    getLaunchOptionsSync: () => launch, getEnterOptionsSync: () => launch, canIUse: () => true, getAccountInfoSync: () => ({ miniProgram: { envVersion: 'develop' } }),
    getStorageSync: (key) => storage.get(key) ?? '', setStorageSync: (key, value) => storage.set(key, value), removeStorageSync: (key) => storage.delete(key),
    getStorageInfoSync: () => ({ keys: [...storage.keys()] }),
    login: (options) => { done('login', options, { code: 'wx-code-1' }); },
    scanCode: (options) => { done('scanCode', options, { result: 'https://d.example/c/e1.2.m' }); },
    requestSubscribeMessage: (options) => { done('requestSubscribeMessage', options, Object.fromEntries(options.tmplIds.map((id) => [id, 'accept']))); },
    getLocation: (options) => { calls.push({ name: 'getLocation', args: options }); options.fail?.({ errMsg: 'getLocation:fail auth deny' }); },
    request: (options) => {
      calls.push({ name: 'request', url: options.url, method: options.method, data: options.data, header: options.header });
      void Promise.resolve(request(options)).then((answer) => { options.success?.(answer); options.complete?.(answer); });
      return { abort() {} };
    },
    getUpdateManager: () => { calls.push({ name: 'getUpdateManager' }); return { onUpdateReady() {}, onUpdateFailed() {}, applyUpdate() {} }; },
    connectSocket: (options) => {
      const socket = { close() {}, onMessage(then) { socket.say = then; }, onClose() {}, onError() {}, onOpen() {} };
      calls.push({ name: 'connectSocket', url: options.url, args: options, socket });
      return socket;
    },
    createSelectorQuery: () => query,
  };
  const handle = new Proxy(function nothing() {}, { get: (_target, key) => (key === 'then' ? undefined : () => ({ width: 10 })) });
  for (const name of QUIET) api[name] ??= (options) => { done(name, options); return handle; };
  Object.assign(api, answers);
  return new Proxy(api, {
    get: (target, key) => (key in target ? target[key] : typeof key === 'string' ? (options) => { done(key, options); } : undefined),
    set: (target, key, value) => { target[key] = value; return true; },
  });
}

export function bootMiniProgram(root, { request, launch = { path: 'pages/home/home', query: {}, scene: 1001 }, answers = {} }) {
  const calls = [];
  const storage = new Map();
  const defs = {};
  const stack = [];
  const timers = [];
  let app;
  let current;
  const keep = (timer) => { timers.push(timer); return timer; };
  const register = (options) => { defs[current] = options; };
  const globals = {
    wx: fakeWx({ request, launch, answers, calls, storage }), console, Promise, Math, Date, JSON, clearTimeout, clearInterval,
    setTimeout: (...args) => keep(setTimeout(...args)), setInterval: (...args) => keep(setInterval(...args)),
    App: (options) => { app = options; }, Page: register, Component: register, Behavior: (options) => options, getApp: () => app, getCurrentPages: () => stack,
  };
  globals.globalThis = globals;
  globals.global = globals;
  const context = vm.createContext(globals);
  const modules = new Map();

  function load(name) {
    const file = name.endsWith('.js') ? name : `${name}.js`;
    const known = modules.get(file);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(file, module);
    const body = vm.runInContext(`(function(require,module,exports){${fs.readFileSync(file, 'utf8')}\n})`, context, { filename: file });
    const before = current;
    current = path.relative(root, file).slice(0, -3);
    body((wanted) => load(path.resolve(path.dirname(file), wanted)), module, module.exports);
    current = before;
    return module.exports;
  }

  load(path.join(root, 'app.js'));
  app.onLaunch?.(launch);
  app.onShow?.(launch);
  const config = JSON.parse(fs.readFileSync(path.join(root, 'app.json'), 'utf8'));
  const pages = [...config.pages, ...(config.subPackages ?? []).flatMap((part) => part.pages.map((page) => `${part.root}/${page}`))];
  for (const page of pages) load(path.join(root, page));
  for (const file of fs.readdirSync(root, { recursive: true })) {
    if (file.endsWith('.wxml')) load(path.join(root, file.slice(0, -5)));
  }

  function openPage(route, options = {}) {
    const def = defs[route];
    const page = {
      data: {}, properties: {}, is: route, route, options, dataset: {}, setData(data, then) { Object.assign(this.data, data); if (then) setTimeout(then, 0); },
      triggerEvent() {}, selectComponent: () => null, selectAllComponents: () => [], createSelectorQuery: globals.wx.createSelectorQuery, getPageId: () => '1', hasBehavior: () => false,
    };
    for (const [name, method] of Object.entries(def.methods ?? {})) page[name] = method.bind(page);
    for (const name of INSTANCE) if (def[name]) page[name] = def[name].bind(page);
    stack.push(page);
    const times = { ...(def.lifetimes ?? {}) };
    for (const name of ['created', 'attached', 'ready']) times[name] ??= def[name];
    times.created?.call(page);
    times.attached?.call(page);
    page.onLoad?.(options);
    def.pageLifetimes?.show?.call(page);
    page.onShow?.();
    times.ready?.call(page);
    page.onReady?.();
    return page;
  }
  const shares = (route) => Boolean(defs[route]?.onShareAppMessage ?? defs[route]?.methods?.onShareAppMessage);
  return { calls, storage, pages, openPage, shares, config, close: () => { for (const timer of timers) { clearTimeout(timer); clearInterval(timer); } } };
}
