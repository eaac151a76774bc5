import { describe, expect, it } from 'vitest';
import { withoutAs } from '@/platform/h5/person';
import { within } from '@/platform/shared';

describe('the address after `as` was taken out', () => {
  it.each([
    ['http://x/?as=p1', 'http://x/'], ['http://x/?as=p1#/pages/me/me', 'http://x/#/pages/me/me'], ['http://x/?as=p1&b=2', 'http://x/?b=2'],
    ['http://x/?b=2&as=p1', 'http://x/?b=2'], ['http://x/#/pages/checkin/checkin?as=p1&q=u', 'http://x/#/pages/checkin/checkin?q=u'],
  ])('%s', (address, want) => { expect(withoutAs(address)).toBe(want); });
});

it('does not wait for ever', async () => {
  await expect(within(5, new Promise(() => undefined))).resolves.toBeUndefined();
  await expect(within(1000, Promise.resolve('here'))).resolves.toBe('here');
});
