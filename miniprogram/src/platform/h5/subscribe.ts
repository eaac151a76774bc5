/** WeChat's dialog for template messages, acted: the browser has none, and the demonstration should show what members see. */
import type { GrantAnswer } from '@/api/reminders';
import { tap } from './person';
import { button, element, openSheet } from './sheet';

type Asked = { id: string; title: string }[];

function choose(templates: Asked): Promise<Record<string, GrantAnswer>> {
  return new Promise((resolve) => {
    const refuse = (): Record<string, GrantAnswer> => Object.fromEntries(templates.map(({ id }) => [id, 'reject']));
    const sheet = openSheet('subscribe-sheet', () => { resolve({}); });
    const head = element('div', 'wx-head');
    head.append(element('span', 'wx-logo', '党'), element('span', '', '主题党日 申请'));
    sheet.panel.append(head, element('div', 'wx-title', '发送以下消息'));
    const boxes = templates.map(({ id, title }) => {
      const line = element('label', 'wx-line');
      const box = element('input', '', '', { type: 'checkbox', checked: '', 'data-testid': `subscribe-${id}` }) as HTMLInputElement;
      line.append(box, element('span', '', title));
      sheet.panel.append(line);
      return { id, box };
    });
    const finish = (answers: Record<string, GrantAnswer>): void => { sheet.close(); resolve(answers); };
    const buttons = element('div', 'wx-buttons');
    buttons.append(
      button('拒绝', '', 'subscribe-reject', () => { finish(refuse()); }),
      button('允许', 'wx-yes', 'subscribe-accept', () => { finish(Object.fromEntries(boxes.map(({ id, box }) => [id, box.checked ? 'accept' : 'reject']))); }),
    );
    sheet.panel.append(buttons, element('div', 'wx-note', '演示：这是模拟的微信订阅消息弹窗，每允许一次可以收到一条。'));
  });
}

export async function askSubscribe(templates: Asked): Promise<Record<string, GrantAnswer>> {
  const wanted = await choose(templates);
  if (!Object.keys(wanted).length) return {};
  return tap(templates.map(({ id }) => id), wanted);
}
