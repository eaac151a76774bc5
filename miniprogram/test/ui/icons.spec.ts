/** The embedded font has only the icons that somebody asked for: one that it lacks is drawn as nothing. 'none' is a toast's. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const STATIC = /(?<![:\w])icon="([a-z0-9-]+)"|<AppIcon[^>]*? name="([a-z0-9-]+)"|\bicon: '([a-z0-9-]+)'/g;
const DYNAMIC = /:icon="([^"]+)"|<AppIcon[^>]*? :name="([^"]+)"/g;
const CHOSEN = /[?:]\s*'([a-z0-9-]+)'/g;

function iconsOf(source: string): string[] {
  const named = [...source.matchAll(STATIC)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  const chosen = [...source.matchAll(DYNAMIC)].flatMap(([, a, b]) => [...(a ?? b ?? '').matchAll(CHOSEN)].map(([, name]) => name ?? ''));
  return [...named, ...chosen];
}

it('has every icon that a page names', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => /\.(vue|ts)$/.test(file));
  const css = readFileSync('src/styles/t-icon.css', 'utf8');
  const missing = sources.flatMap((file) =>
    iconsOf(readFileSync(`src/${file}`, 'utf8')).filter((name) => name !== 'none' && !css.includes(`.t-icon-${name}:before`)).map((name) => `${file}: ${name}`));
  expect(missing).toEqual([]);
});
