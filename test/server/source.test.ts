import { rm } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { type WatchFolder, watchFolder } from '../../src/platform/files/folder-watch.ts';
import { createSource, type Served } from '../../src/server/source.ts';
import { ProjectedVolume } from '../support/files/projected-volume.ts';
import { makeFolder, makeJwks, makeKey, OPENID_JSON, SERVE_JSON, until } from './fixtures.ts';

const HOUR_MS = 3_600_000;
const silentWatch: WatchFolder = () => ({ close() {} });

interface World {
  readonly volume: ProjectedVolume;
  readonly served: Served[];
  readonly reads: string[];
  readonly log: { readonly level: string; readonly code: unknown; readonly message: string }[];
  read(): Promise<void>;
  kids(): readonly string[] | undefined;
  start(): void;
}

/** A source over a kubelet-like folder; unless started, it reads only on request. */
async function makeWorld(pollIntervalMs = HOUR_MS, watch = silentWatch): Promise<World> {
  const volume = new ProjectedVolume(await makeFolder());
  const served: Served[] = [];
  const reads: string[] = [];
  const log: World['log'] = [];
  const write = (level: string) => (fields: object, message: string) => {
    log.push({ level, code: (fields as { code?: unknown }).code, message });
  };
  const source = createSource({
    folder: volume.folder,
    pollIntervalMs,
    clock: systemClock,
    watchFolder: watch,
    log: {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    },
    onServed: (next) => served.push(next),
    onRead: (result) => reads.push(result),
  });
  return {
    volume,
    served,
    reads,
    log,
    read: () => source.read(),
    kids: () => served.at(-1)?.jwks.kids,
    start() {
      const stop = new AbortController();
      const stopped = source.run(stop.signal);
      onTestFinished(async () => {
        stop.abort();
        await stopped;
      });
    },
  };
}

const files = (jwks: string) => ({ 'jwks.json': jwks, 'serve.json': SERVE_JSON });

test('every swap is seen by the watch, not only the first', async () => {
  const world = await makeWorld(HOUR_MS, watchFolder);
  world.start();
  for (const kid of ['a', 'b', 'c', 'd']) {
    await world.volume.project(files(makeJwks(kid)));
    await until(`${kid} is served`, () => world.kids()?.[0] === kid);
  }
});

test('if the watch is silent, polling sees every swap', async () => {
  const world = await makeWorld(60);
  world.start();
  for (const kid of ['a', 'b', 'c']) {
    await world.volume.project(files(makeJwks(kid)));
    await until(`${kid} is served`, () => world.kids()?.[0] === kid);
  }
});

test('if the watch fails, that is logged once and polling continues', async () => {
  const world = await makeWorld(60, (_path, _onChange, onFailure) => {
    onFailure(Object.assign(new Error('no more watches'), { code: 'ENOSPC' }));
    return { close() {} };
  });
  world.start();
  await world.volume.project(files(makeJwks('a')));
  await until('a is served', () => world.kids()?.[0] === 'a');
  expect(world.log.filter(({ code }) => code === 'WATCH_FAILED')).toHaveLength(1);
});

test('an empty folder serves nothing, and that is logged once a file, not at each read', async () => {
  const world = await makeWorld();
  for (let read = 0; read < 3; read++) await world.read();
  expect(world.served).toEqual([]);
  expect(world.reads).toEqual(['failure', 'failure', 'failure']);
  expect(world.log.map(({ message }) => message)).toEqual([
    'jwks.json: it is not there; nothing is served from it yet',
    'serve.json: it is not there; nothing is served from it yet',
  ]);
});

const good = makeJwks('good');
const key = makeKey('twice');
test.each([
  ['gone', undefined],
  ['empty', ''],
  ['without a key', '{"keys":[]}'],
  ['torn', good.slice(0, -3)],
  ['with a private key', JSON.stringify({ keys: [makeKey('private').privateJwk] })],
  ['with a kid twice', JSON.stringify({ keys: [key.publicJwk, key.publicJwk] })],
  ['oversized', good + ' '.repeat(51_200)],
])('a jwks.json that is %s is never served', async (_, bad) => {
  const before = await makeWorld();
  const badFiles = { 'serve.json': SERVE_JSON, ...(bad === undefined ? {} : { 'jwks.json': bad }) };
  await before.volume.project(badFiles);
  await before.read();
  expect(before.served).toEqual([]);

  const after = await makeWorld();
  await after.volume.project(files(good));
  await after.read();
  await after.volume.project(badFiles);
  await after.read();
  await after.read();
  expect(after.kids()).toEqual(['good']);
  expect(Buffer.from(after.served.at(-1)?.jwks.bytes ?? []).toString()).toBe(good);
  expect(after.reads).toEqual(['success', 'failure', 'failure']);
  expect(after.log.filter(({ level }) => level === 'warn')).toHaveLength(1);
  expect(after.log.at(-1)).toMatchObject({ code: 'JWKS_INVALID' });

  await after.volume.project(files(makeJwks('next')));
  await after.read();
  expect(after.kids()).toEqual(['next']);
  expect(after.reads.at(-1)).toBe('success');
});

test('without a policy nothing is served: how long to cache is never guessed', async () => {
  const world = await makeWorld();
  await world.volume.project({ 'jwks.json': good });
  await world.read();
  expect(world.served).toEqual([]);
  await world.volume.project({ 'jwks.json': good, 'serve.json': '{"maxAgeSeconds":"5"}' });
  await world.read();
  expect(world.served).toEqual([]);
  expect(world.log.at(-1)).toMatchObject({ code: 'SERVE_POLICY_INVALID' });
  await world.volume.project(files(good));
  await world.read();
  expect(world.served.at(-1)?.policy.maxAgeSeconds).toBe(300);
  await world.volume.project({ 'jwks.json': makeJwks('next'), 'serve.json': 'null' });
  await world.read();
  expect(world.kids()).toEqual(['next']);
  expect(world.served.at(-1)?.policy.maxAgeSeconds).toBe(300);
});

test('openid-configuration is served once it is there, stays while it is bad, and goes when it is removed', async () => {
  const world = await makeWorld();
  const steps: readonly (readonly [string | undefined, string | null])[] = [
    ['{"issuer":1}', 'unreadable'],
    [undefined, null],
    [OPENID_JSON, OPENID_JSON],
    ['{"issuer":1}', OPENID_JSON],
    ['', OPENID_JSON],
    [undefined, null],
  ];
  for (const [content, expected] of steps) {
    const openid = content === undefined ? {} : { 'openid-configuration.json': content };
    await world.volume.project({ ...files(good), ...openid });
    await world.read();
    const found = world.served.at(-1)?.openidConfiguration;
    const text = found instanceof Object ? Buffer.from(found.bytes).toString() : found;
    expect(text).toBe(expected);
  }
});

test('after the folder is removed, the last good set is still served', async () => {
  const world = await makeWorld();
  await world.volume.project(files(good));
  await world.read();
  await rm(world.volume.folder, { recursive: true });
  await world.read();
  await world.read();
  expect(world.kids()).toEqual(['good']);
  expect(world.reads).toEqual(['success', 'failure', 'failure']);
  expect(world.log.filter(({ code }) => code === 'FOLDER_UNREADABLE')).toHaveLength(1);
});

test('a folder that keeps changing is read at most every 50 ms, and reading stops at once', async () => {
  let change = () => {};
  const world = await makeWorld(HOUR_MS, (_path, onChange) => {
    change = onChange;
    return { close() {} };
  });
  await world.volume.project(files(good));
  const startMs = performance.now();
  world.start();
  await until('ten reads', () => {
    change();
    return world.reads.length >= 10;
  });
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(9 * 50 - 10);
});
