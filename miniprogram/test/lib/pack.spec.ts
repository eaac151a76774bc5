import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findByCode, fromBase64, fromUtf8, openPack, personalOf, type Pack } from '@/pkg-station/pack';

const ID = '0f1m9q2r3s4t5';
const CODE = 'p0123456789abc.0123456789abcdef';

/** Seals as the server does: nonce, ciphertext, tag; the id is authenticated along. */
function seal(content: string, id = ID): { key: string; sealed: string } {
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(`roster pack ${id}`));
  const sealed = Buffer.concat([nonce, cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { key: key.toString('base64'), sealed: sealed.toString('base64') };
}

function roster(): Pack {
  const salt = randomBytes(16);
  const hash = createHash('sha256').update(salt).update(CODE).digest().subarray(0, 16).toString('base64');
  return {
    id: ID, eventId: 'e1', title: '主题党日', salt: salt.toString('base64'), window: { opensAt: '', closesAt: '', lateAfter: '' },
    people: [{ id: '0123456789abc', name: '张志强', org: '石桥村党支部', hash, proof: 'x', expected: true, status: 'pending' }],
  };
}

describe('a pack', () => {
  it('opens to what was sealed, whatever its length', () => {
    for (let length = 0; length < 70; length++) {
      const text = JSON.stringify({ title: '党日🚩é'.repeat(length) });
      const { key, sealed } = seal(text);
      expect(JSON.stringify(openPack(key, sealed, ID))).toBe(text);
    }
  });
  it('does not open when anything about it was changed', () => {
    const { key, sealed } = seal(JSON.stringify(roster()));
    expect(() => openPack(key, sealed, `${ID.slice(0, -1)}6`)).toThrow();
    expect(() => openPack(seal('{}').key, sealed, ID)).toThrow();
    expect(() => openPack(key, 'not base64!', ID)).toThrow();
    const bytes = Buffer.from(sealed, 'base64');
    for (let turn = 0; turn < 200; turn++) {
      const changed = Buffer.from(bytes);
      const at = turn % changed.length;
      changed[at] = (changed[at] ?? 0) ^ (1 + (turn % 255));
      expect(() => openPack(key, changed.toString('base64'), ID)).toThrow();
    }
    for (const length of [0, 5, 12, 27, bytes.length - 1]) expect(() => openPack(key, bytes.subarray(0, length).toString('base64'), ID)).toThrow();
  });
});

it('reads base64 and UTF-8 as everybody does', () => {
  for (let length = 0; length < 100; length++) {
    const bytes = randomBytes(length);
    expect(Buffer.from(fromBase64(bytes.toString('base64')))).toEqual(bytes);
  }
  expect(fromUtf8(Buffer.from('aé党🚩'))).toBe('aé党🚩');
});

describe('a personal code', () => {
  it.each([[CODE, CODE], [`https://x.example/c/${CODE}`, CODE], [` ${CODE}?a=1#b `, CODE], ['', ''], ['hello', ''], [`${CODE}0`, ''], [CODE.slice(1), ''], ['https://x.example/c/e0123456789abc.1.0123456789abcdef', '']])('in %j is %j', (text, code) => {
    expect(personalOf(text)).toBe(code);
  });
  it('is found in the roster, by its hash', () => {
    const pack = roster();
    expect(findByCode(pack, `https://x.example/c/${CODE}`)).toMatchObject({ kind: 'person', code: CODE, person: { name: '张志强' } });
    expect(findByCode(pack, CODE.replace(/f$/, 'e'))).toMatchObject({ kind: 'changed', person: { name: '张志强' } });
    expect(findByCode(pack, CODE.replace('p0', 'p1'))).toEqual({ kind: 'stranger' });
    expect(findByCode(pack, 'hello')).toEqual({ kind: 'none' });
  });
});
