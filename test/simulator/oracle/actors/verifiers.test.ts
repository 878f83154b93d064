import { expect, test } from 'vitest';
import type { JsonObject } from '../../../fake-api/json/json.ts';
import { HAND } from '../../record/history.ts';
import { timelineOf } from '../facts/timeline.ts';
import { FIRST_KEY, type Move, NEXT_KEY, smallHistory, timeAt } from '../small-history.ts';
import { sceneOf } from './scene.ts';
import { audienceOf, copiesOf } from './verifiers.ts';

/** As long an interval as the slowest needs. */
function listing(atSeconds: number, ...verifiers: readonly JsonObject[]): Move {
  const rotation = { interval: '720h' };
  return [atSeconds, HAND, 'set', { rotation, verifiers: [...verifiers] }];
}

const LISTED = ['jose', 'nimbus', 'keyfunc', 'dotnet', 'go-oidc', 'kube-apiserver', 'envoy'];

/** Until when each listed verifier holds the set that the next key is not in, at its worst. */
function heldUntil(moves: readonly Move[]): Readonly<Record<string, string>> {
  const timeline = timelineOf(smallHistory(moves));
  if (timeline === null) throw new Error('no set is declared');
  const [first] = sceneOf(timeline).published;
  if (first === undefined) throw new Error('nothing is published');
  const latest = audienceOf(timeline, () => 0).filter(
    ({ name, route }) => name.startsWith('my-') && route.serverShare === 1,
  );
  const held = latest.flatMap((verifier) =>
    copiesOf(timeline, [first], verifier).map(({ untilMs }) => [
      verifier.name.split(',')[0],
      new Date(untilMs).toISOString(),
    ]),
  );
  return Object.fromEntries(held);
}

// The next key is published at second 20, and every server shows it P, 2 s, later.
test('each listed verifier refetches as it really does', () => {
  const verifiers = LISTED.map((preset) => ({ name: `my-${preset}`, preset }));
  expect(heldUntil([listing(0, ...verifiers), ...FIRST_KEY, ...NEXT_KEY])).toEqual({
    'my-jose': timeAt(22 + 30),
    'my-nimbus': timeAt(22 + 30),
    'my-keyfunc': timeAt(22 + 300),
    'my-dotnet': timeAt(22 + 45_360),
    'my-go-oidc': timeAt(22),
    'my-kube-apiserver': timeAt(22 + 270),
    'my-envoy': timeAt(22 + 600),
  });
});

test('one with a lifetime has a timer; one that is taken out lets go when its time is over', () => {
  const [app, web] = [
    { name: 'my-app', cacheTTL: '40s' },
    { name: 'my-web', cacheTTL: '4s' },
  ];
  const moves: readonly Move[] = [listing(0, app, web), ...FIRST_KEY, ...NEXT_KEY];
  expect(heldUntil(moves)).toEqual({ 'my-app': timeAt(62), 'my-web': timeAt(26) });
  // Taken out at 21, it counts until 21 + P 2 + 40; when it no longer does, it holds nothing.
  const taken = heldUntil([...moves, listing(21, web)]);
  expect(taken).toEqual({ 'my-app': timeAt(62), 'my-web': timeAt(26) });
  const before = heldUntil([listing(0, app, web), ...FIRST_KEY, listing(2, web), ...NEXT_KEY]);
  expect(before).toEqual({ 'my-app': timeAt(44), 'my-web': timeAt(26) });
});
