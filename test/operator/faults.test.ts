import { afterEach, describe, expect, test } from 'vitest';
import type { Fault, FaultedRequest } from '../fake-api/faults/fault.ts';
import { FaultyTransport } from '../fake-api/faults/faulty-transport.ts';
import { recordFigure } from '../support/vitest/record-figure.ts';
import { FAST_SPEC, OperatorWorld } from './operator-world.ts';

const WRITE_VERBS = ['create', 'update', 'patch', 'delete'];
/** One switch, so that every kind of write of a rotation is among the recorded ones. */
const LIFE_MS = 50_000;
const SETTLED = '#1 Retired, #2 Active, #3 Pending';

/** What can happen to a write: never arrived, arrived but unknown to the operator, refused. */
const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  'lost before': [{ kind: 'drop' }],
  'answer lost': [{ kind: 'lose-answer' }],
  'hung after commit': [{ kind: 'hang', committed: true }],
  'answer cut off': [{ kind: 'truncate', bytes: 20, silent: false }],
  '403': [{ kind: 'status', status: 403, committed: false }],
  '409': [{ kind: 'status', status: 409, committed: false }],
  '429': [{ kind: 'status', status: 429, committed: false, retryAfterSeconds: 1 }],
  '500 after commit': [{ kind: 'status', status: 500, committed: true }],
  '503': [{ kind: 'status', status: 503, committed: false }],
  '504 after commit': [{ kind: 'status', status: 504, committed: true }],
};

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

interface Life {
  readonly world: OperatorWorld;
  /** Whether the fault came to pass. */
  readonly fired: boolean;
  /** The operator's writes in order, such as `update secrets payments-signer`. */
  readonly writes: readonly string[];
}

/** A life of one set, with a fault at the operator's n-th write; the API is sound otherwise. */
async function live(faultAt: number | null, faults: readonly Fault[]): Promise<Life> {
  world = new OperatorWorld();
  const { api, clock } = world;
  const writes: string[] = [];
  let fired = false;
  const plan = (request: FaultedRequest): readonly Fault[] => {
    if (!WRITE_VERBS.includes(request.verb) || request.resource === 'events') return [];
    writes.push(`${request.verb} ${request.resource} ${request.subresource}`.trim());
    if (writes.length - 1 !== faultAt) return [];
    fired = true;
    return faults;
  };
  world.start({ transport: new FaultyTransport({ inner: api.transport, clock, plan }) });
  world.apply('payments', FAST_SPEC);
  await clock.advance(LIFE_MS);
  return { world, fired, writes };
}

/** Every key Secret that is there is of a living key: a crash leaves none behind. */
function keySecrets(of: OperatorWorld): readonly string[] {
  const names = of.api
    .objects('secrets', 'auth')
    .map(({ metadata }) => (metadata as { name: string }).name);
  return names.filter((name) => name.includes('-key-'));
}

describe('one fault at each write of a rotation', () => {
  test.each(Object.entries(FAULTS))(
    '%s',
    async (name, faults) => {
      const { writes } = await live(null, []);
      let fired = 0;
      for (let index = 0; index < writes.length; index += 1) {
        const life = await live(index, faults);
        fired += life.fired ? 1 : 0;
        const what = `${name} at write ${index} (${writes[index]})`;
        expect(life.world.keys(), what).toBe(SETTLED);
        expect(keySecrets(life.world), what).toEqual(['payments-key-2', 'payments-key-3']);
        expect(life.world.condition('InvariantsHold'), what).toBe('True NoneViolated');
        await life.world.stopAll();
      }
      recordFigure(`writeFaults ${name}`, fired);
      expect(fired).toBe(writes.length);
    },
    60_000,
  );
});
