/** Looks at a page with a ruler: what is too wide, too small for a thumb, too pale to read. */
import type { Page } from '@playwright/test';

/** The least a thumb needs, in CSS pixels, both ways (WCAG 2.5.5). */
const TOUCH = 44;
/** The least contrast of text with what is behind it (WCAG 1.4.3, level AA). */
const CONTRAST = 4.5;

/** Everything wrong with the page as it is shown now, in words; runs in the browser. */
function look({ touch, contrast }: { touch: number; contrast: number }): string[] {
  type Colour = [number, number, number, number];
  const wrong: string[] = [];
  const wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth) wrong.push(`the page is ${wide.scrollWidth} wide in ${wide.clientWidth}`);

  const name = (element: Element): string => {
    const id = element.closest('[data-testid]')?.getAttribute('data-testid') ?? element.className;
    return `${id} “${(element.textContent ?? '').trim().slice(0, 20)}”`;
  };
  const seen = (element: Element): boolean =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getBoundingClientRect().width > 1 && element.getBoundingClientRect().height > 1;

  for (const element of document.querySelectorAll('uni-button, button, a[href], [role=button], [role=radio], [role=tab], [role=checkbox], [role=switch], .uni-tabbar__item, .title > .more, .strip-link, .idea, .clear')) {
    const { width, height } = element.getBoundingClientRect();
    if (seen(element) && (width < touch - 0.5 || height < touch - 0.5)) wrong.push(`too small to touch, ${Math.round(width)}×${Math.round(height)}: ${name(element)}`);
  }

  const read = (text: string): Colour => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (/rgba?\(([^)]+)\)/.exec(text)?.[1] ?? '').split(/[ ,/]+/).map(Number);
    return [red, green, blue, alpha];
  };
  const over = (top: Colour, below: Colour): Colour => {
    const mix = (index: 0 | 1 | 2): number => top[index] * top[3] + below[index] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  /** What is behind an element's text; undefined over a picture or a gradient, which has no one colour. */
  const behind = (element: Element): Colour | undefined => {
    const layers: Colour[] = [];
    for (let at: Element | null = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return undefined;
      layers.push(read(style.backgroundColor));
      if (layers.at(-1)?.[3] === 1) break;
    }
    return layers.reduceRight<Colour>((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = ([red, green, blue]: Colour): number => {
    const part = (value: number): number => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const faint = (element: Element): number => {
    let share = 1;
    for (let at: Element | null = element; at; at = at.parentElement) share *= Number(getComputedStyle(at).opacity);
    return share;
  };
  const words = (element: Element): boolean =>
    element instanceof HTMLInputElement ? element.type !== 'checkbox' && element.value !== '' : [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());

  for (const element of document.querySelectorAll('body *')) {
    if (!words(element) || !seen(element) || element.closest('[disabled], style, script')) continue;
    const paper = behind(element);
    if (!paper) continue;
    const ink = read(getComputedStyle(element).color);
    const [one, two] = [light(over([ink[0], ink[1], ink[2], ink[3] * faint(element)], paper)), light(paper)];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < contrast) wrong.push(`too pale, ${ratio.toFixed(1)}:1: ${name(element)}`);
    const { left, right } = element.getBoundingClientRect();
    if (getComputedStyle(element).textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth + 1) wrong.push(`cut off: ${name(element)}`);
    if (left < -1 || right > wide.clientWidth + 1) wrong.push(`outside the screen: ${name(element)}`);
  }
  return [...new Set(wrong)];
}

export const measure = (page: Page): Promise<string[]> => page.evaluate(look, { touch: TOUCH, contrast: CONTRAST });
