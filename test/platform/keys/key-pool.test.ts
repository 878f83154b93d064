import { describe, expect, it } from 'vitest';
import type { KeyKind } from '../../../src/core/formats/spec.ts';
import type { KeyPair } from '../../../src/platform/keys/key-maker.ts';
import { KeyPool, SLOW_KEYS_MAX } from '../../../src/platform/keys/key-pool.ts';
import type { Lane } from '../../../src/platform/waiting-keys.ts';

const RSA: KeyKind = { algorithm: 'RS256', rsaModulusLength: 4096 };
const EC: KeyKind = { algorithm: 'ES256', rsaModulusLength: null };
const never = new AbortController().signal;

/** A pool whose keys are made when the test ends them. */
function createBench() {
  const making: { kind: KeyKind; end: () => void; fail: () => void }[] = [];
  const pool = new KeyPool({
    make: (kind) =>
      new Promise((resolve, reject) => {
        const end = () => resolve({ kid: '', privatePem: '' } as KeyPair);
        making.push({ kind, end, fail: () => reject(new Error('no entropy')) });
      }),
  });
  const made: string[] = [];
  const order = (name: string, kind = RSA, lane: Lane = 'new', signal = never) => {
    const group = name.slice(0, name.indexOf('/'));
    return pool.make({ group, lane, kind }, signal).then(
      () => void made.push(name),
      (error: Error) => void made.push(`${name}: ${error.message}`),
    );
  };
  const end = async (index = 0) => {
    making.splice(index, 1)[0]?.end();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { order, end, making, made };
}

describe('RSA keys', () => {
  it('of one group are made one at a time, so that another group never waits for them', () => {
    const { order, making } = createBench();
    for (let n = 0; n < 40; n++) void order(`crowd/${n}`);
    expect(making).toHaveLength(1);
    void order('quiet/a');
    expect(making).toHaveLength(2);
  });

  it('of several groups are made by turns, never more at once than the threads allow', async () => {
    const { order, making, made, end } = createBench();
    for (const name of ['a/1', 'a/2', 'b/1', 'c/1', 'a/3', 'b/2']) void order(name);
    while (making.length > 0) {
      expect(making.length).toBeLessThanOrEqual(SLOW_KEYS_MAX);
      await end();
    }
    expect(made).toEqual(['a/1', 'b/1', 'a/2', 'c/1', 'b/2', 'a/3']);
  });

  it('that are urgent come before all that wait', async () => {
    const { order, made, end } = createBench();
    for (const name of ['a/1', 'b/1', 'a/2', 'b/2', 'c/1']) void order(name);
    void order('d/revoked', RSA, 'urgent');
    for (let n = 0; n < 3; n++) await end();
    expect(made).toEqual(['a/1', 'b/1', 'd/revoked']);
  });

  it('never hold up keys of a quick kind', async () => {
    const { order, making, made, end } = createBench();
    for (const name of ['a/1', 'b/1', 'c/1']) void order(name);
    void order('d/quick', EC);
    expect(making.map(({ kind }) => kind.algorithm)).toEqual(['RS256', 'RS256', 'ES256']);
    await end(2);
    expect(made).toEqual(['d/quick']);
  });
});

describe('an order', () => {
  it('that is called off while it waits takes no time', async () => {
    const { order, making, made, end } = createBench();
    const off = new AbortController();
    void order('a/1');
    void order('a/2', RSA, 'new', off.signal);
    void order('a/3');
    off.abort(new Error('the set is gone'));
    await end();
    expect(making).toHaveLength(1);
    await end();
    expect(made.toSorted()).toEqual(['a/1', 'a/2: the set is gone', 'a/3']);
  });

  it('that fails makes room for the next', async () => {
    const { order, making, made, end } = createBench();
    void order('a/1');
    void order('a/2');
    making.shift()?.fail();
    await end(1);
    expect(making).toHaveLength(1);
    await end();
    expect(made).toEqual(['a/1: no entropy', 'a/2']);
  });
});
