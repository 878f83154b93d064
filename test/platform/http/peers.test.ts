import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Peers, peerOf } from '../../../src/platform/http/peers.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8::2:3:4:5:6', '2001:db8:0:2'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
  ['::', '0:0:0:0'],
  ['1::', '1:0:0:0'],
  [undefined, ''],
])('the peer of %s is %s', (address, name) => {
  expect(peerOf(address)).toBe(name);
});

type Operation = readonly ['add' | 'touch' | 'remove', number];

const operations = fc.array(
  fc.tuple(fc.constantFrom<Operation[0]>('add', 'touch', 'remove'), fc.nat({ max: 15 })),
);
/** Four peers with four members each. */
const nameOf = (member: number) => `peer-${member % 4}`;

test('the longest idle is the least recently active of a peer with the most members', () => {
  fc.assert(
    fc.property(operations, (all) => {
      const peers = new Peers<number>();
      let model: readonly number[] = [];
      for (const [kind, member] of all) {
        if (kind === 'add' && model.includes(member)) continue;
        if (kind !== 'add' && !model.includes(member)) continue;
        peers[kind](peers.of(nameOf(member)), member);
        model = [
          ...model.filter((each) => each !== member),
          ...(kind === 'remove' ? [] : [member]),
        ];
        const of = (name: string) => model.filter((each) => nameOf(each) === name);
        const most = Math.max(...model.map((each) => of(nameOf(each)).length));
        const candidates = model.filter((each) => {
          const mine = of(nameOf(each));
          return mine.length === most && mine[0] === each;
        });
        const found = peers.longestIdle();
        expect(found === undefined ? [] : [found]).toEqual(
          candidates.filter((each) => each === found),
        );
        expect(found === undefined).toBe(model.length === 0);
        for (const name of ['peer-0', 'peer-1', 'peer-2', 'peer-3']) {
          expect(peers.sizeOf(name)).toBe(of(name).length);
          expect(peers.longestIdleOf(name)).toBe(of(name)[0]);
        }
      }
    }),
  );
});
