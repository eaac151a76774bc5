/** A bottom sheet in plain DOM, for the dialogs that WeChat itself shows on a phone and a browser has not got. */
import './sheet.css';

export function element(tag: string, className: string, text = '', attributes: Record<string, string> = {}): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export interface Sheet { root: HTMLElement; panel: HTMLElement; close: () => void }

/** Opens an empty sheet; a tap beside it counts as giving up. */
export function openSheet(name: string, abandoned: () => void): Sheet {
  const root = element('div', 'wx-sheet', '', { 'data-testid': name, role: 'dialog' });
  const panel = element('div', 'wx-sheet-panel');
  root.append(panel);
  const close = (): void => { root.remove(); };
  root.addEventListener('click', (event) => { if (event.target === root) { close(); abandoned(); } });
  document.body.append(root);
  return { root, panel, close };
}

export function button(text: string, className: string, name: string, tapped: () => void): HTMLElement {
  const made = element('button', `wx-button ${className}`, text, { 'data-testid': name, type: 'button' });
  made.addEventListener('click', tapped);
  return made;
}
