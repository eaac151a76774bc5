import { beforeEach, describe, expect, it, vi } from 'vitest';
import { back, go, openScan, replace, say, toCheckin, toSecretary } from '@/ui/go';

const uni = Object.fromEntries(['navigateTo', 'redirectTo', 'switchTab', 'navigateBack', 'showToast'].map((name) => [name, vi.fn()])) as Record<string, ReturnType<typeof vi.fn>>;
let depth: number;
beforeEach(() => {
  vi.clearAllMocks();
  depth = 1;
  vi.stubGlobal('uni', uni);
  vi.stubGlobal('getCurrentPages', () => Array.from({ length: depth }, () => ({})));
});

describe('going on', () => {
  it.each([['/pages/home/home', 'switchTab'], ['/pages/me/me', 'switchTab'], ['/pages/event/event?id=1', 'navigateTo']])('to %s is a %s', (url, way) => {
    go(url);
    expect(uni[way]).toHaveBeenCalledWith({ url });
  });
  it.each([[9, 'navigateTo'], [10, 'redirectTo']])('%i pages deep is a %s: WeChat opens no eleventh page', (pages, way) => {
    depth = pages;
    go('/pages/event/event?id=1');
    expect(uni[way]).toHaveBeenCalledTimes(1);
    expect(Object.values(uni).flatMap((mock) => mock.mock.calls)).toHaveLength(1);
  });
});

it.each([[2, 'navigateBack'], [1, 'switchTab']])('back from %i pages is a %s', (pages, way) => {
  depth = pages;
  back();
  expect(uni[way]).toHaveBeenCalled();
});

it.each<[() => void, string, string]>([
  [() => { toCheckin('https://d/c/e1?x=1&y=2'); }, 'navigateTo', '/pages/checkin/checkin?code=https%3A%2F%2Fd%2Fc%2Fe1%3Fx%3D1%26y%3D2'],
  [() => { toCheckin('482913', 'e1'); }, 'navigateTo', '/pages/checkin/checkin?code=482913&event=e1'],
  [() => { toSecretary('edit'); }, 'navigateTo', '/pkg-secretary/pages/edit/edit'], [() => { toSecretary('code', 'e1'); }, 'navigateTo', '/pkg-secretary/pages/code/code?id=e1'],
  [() => { replace('/pages/me/me'); }, 'redirectTo', '/pages/me/me'],
])('%#', (move, way, url) => {
  move();
  expect(uni[way]).toHaveBeenCalledWith({ url });
});

describe('a scanned text', () => {
  const ID = '01hxyz0000abc';
  it.each([['', '', 0, 0], ['https://d/c/e1', '', 1, 0], [`pages/event/event?scene=${ID}`, '', 1, 0], [`pages/event/event?scene=${ID}`, ID, 0, 1], ['pages/event/event?scene=x', '', 0, 1]])('%s seen at “%s”: %i page, %i word', (text, here, pages, words) => {
    openScan(text, here);
    expect(uni.navigateTo).toHaveBeenCalledTimes(pages);
    expect(uni.showToast).toHaveBeenCalledTimes(words);
  });
});

it('a short word has no picture', () => {
  say('已保存');
  expect(uni.showToast).toHaveBeenCalledWith(expect.objectContaining({ title: '已保存', icon: 'none' }));
});
