/** WeChat's dialog for template messages, acted: the browser has none, and the demonstration should show what members see. */
import type { GrantAnswer } from '@/api/reminders';
import type { Subscriptions } from '../types';
import { settings, settle, tap } from './person';
import { button, element, openSheet } from './sheet';

type Asked = { id: string; title: string }[];
type Answers = Record<string, GrantAnswer>;

function tick(text: string, name: string, checked: boolean): { line: HTMLElement; box: HTMLInputElement } {
  const line = element('label', 'wx-line');
  const box = element('input', '', '', { type: 'checkbox', 'data-testid': name }) as HTMLInputElement;
  box.checked = checked;
  line.append(box, element('span', '', text));
  return { line, box };
}

function choose(templates: Asked): Promise<{ answers: Answers; keep: boolean }> {
  return new Promise((resolve) => {
    const sheet = openSheet('subscribe-sheet', () => { resolve({ answers: {}, keep: false }); });
    const head = element('div', 'wx-head');
    head.append(element('span', 'wx-logo', '党'), element('span', '', '主题党日 申请'));
    sheet.panel.append(head, element('div', 'wx-title', '发送以下消息'));
    const boxes = templates.map(({ id, title }) => {
      const { line, box } = tick(title, `subscribe-${id}`, true);
      sheet.panel.append(line);
      return { id, box };
    });
    const keep = tick('总是保持以上选择，不再询问', 'subscribe-keep', false);
    sheet.panel.append(keep.line);
    const finish = (yes: boolean): void => {
      sheet.close();
      resolve({ answers: Object.fromEntries(boxes.map(({ id, box }) => [id, yes && box.checked ? 'accept' : 'reject'])), keep: keep.box.checked });
    };
    const buttons = element('div', 'wx-buttons');
    buttons.append(button('拒绝', '', 'subscribe-reject', () => { finish(false); }), button('允许', 'wx-yes', 'subscribe-accept', () => { finish(true); }));
    sheet.panel.append(buttons, element('div', 'wx-note', '演示：这是模拟的微信订阅消息弹窗，每允许一次可以收到一条。'));
  });
}

export async function subscriptions(): Promise<Subscriptions> {
  const said = await settings().catch(() => ({ mainSwitch: true, itemSettings: {} }));
  return { on: said.mainSwitch, always: said.itemSettings as Answers };
}

/** WeChat asks only about what is not settled. */
export async function askSubscribe(templates: Asked): Promise<Answers> {
  const { on, always } = await subscriptions();
  if (!on) { await openSubscriptions(); return {}; }
  const open = templates.filter(({ id }) => !always[id]);
  const { answers, keep } = open.length ? await choose(open) : { answers: {}, keep: false };
  if (open.length && !Object.keys(answers).length) return {};
  const said = await tap<Answers>(templates.map(({ id }) => id), answers);
  if (keep) await settle(true, answers);
  return said;
}

/** The page of WeChat's settings, as far as it matters here. */
export function openSubscriptions(): Promise<void> {
  return new Promise((resolve) => {
    const sheet = openSheet('settings-sheet', resolve);
    const done = async (): Promise<void> => {
      const { always } = await subscriptions();
      await settle(true, Object.fromEntries(Object.keys(always).map((id) => [id, ''])));
      sheet.close();
      resolve();
    };
    const buttons = element('div', 'wx-buttons');
    buttons.append(button('不改', '', 'settings-leave', () => { sheet.close(); resolve(); }), button('全部打开', 'wx-yes', 'settings-on', () => { void done(); }));
    sheet.panel.append(element('div', 'wx-title', '微信设置 · 订阅消息'), buttons, element('div', 'wx-note', '演示：这里代替微信的设置页，打开后又会先询问再发送。'));
  });
}
