/** The level of a step's line says how much it matters; alerts and people filter by it. */
import { afterEach, describe, expect, test } from 'vitest';
import { SET_PLURAL } from '../../../src/core/formats/names.ts';
import { FAST_SPEC, NAMESPACE, OperatorWorld, type Started } from '../operator-world.ts';

let world: OperatorWorld | undefined;
afterEach(() => world?.stopAll());

const QUIET_SPEC = { ...FAST_SPEC, rotation: { interval: '720h' } };

/** A set with a proven standby, after which `change` is made. */
async function linesAfter(change: (of: OperatorWorld) => void): Promise<readonly string[]> {
  world = new OperatorWorld();
  const started = world.start();
  world.apply('payments', QUIET_SPEC);
  await world.clock.advance(20_000);
  const before = started.log.lines.length;
  change(world);
  await world.clock.advance(20_000);
  return linesOf(started, before);
}

function linesOf({ log }: Started, since = 0): readonly string[] {
  return log.lines
    .slice(since)
    .filter(({ fields }) => fields['reason'] !== undefined)
    .map(({ level, fields }) => `${level} ${fields['reason']}`);
}

test('the life of a set that nobody disturbs has no warning, and statuses are for debugging', async () => {
  world = new OperatorWorld();
  const started = world.start();
  world.apply('payments', FAST_SPEC);
  await world.clock.advance(50_000);
  const lines = linesOf(started);
  expect(lines).toContain('info Activate');
  expect(lines).toContain('debug WriteStatus');
  expect(lines).toContain('debug NoteObservations');
  expect(lines.filter((line) => /^(?:warn|error)/.test(line))).toEqual([]);
  expect(lines).not.toContain('info WriteStatus');
});

function edit(resource: string, name: string, change: (draft: Record<string, unknown>) => void) {
  return (of: OperatorWorld) => {
    of.api.hand.edit(resource, NAMESPACE, name, (draft) => change(draft));
  };
}

describe('what needs a person is an error', () => {
  test.each<[string, (of: OperatorWorld) => void, string]>([
    [
      'the signing key is lost',
      (of) => {
        of.api.hand.delete('secrets', NAMESPACE, 'payments-signer');
        of.api.hand.delete('secrets', NAMESPACE, 'payments-key-1');
      },
      'error SigningKeyLost',
    ],
    [
      'a signer Secret that is not the set’s',
      (of) => {
        of.api.hand.delete('secrets', NAMESPACE, 'payments-signer');
        of.api.hand.create('secrets', {
          metadata: { namespace: NAMESPACE, name: 'payments-signer' },
        });
      },
      'error ObjectNotOwned',
    ],
    [
      'every key is revoked',
      (of) => {
        const revocations = of.status().keys?.map(({ kid }) => ({ kid }));
        edit(SET_PLURAL, 'payments', (draft) => {
          draft['spec'] = { ...QUIET_SPEC, revocations };
        })(of);
      },
      'error Revoke',
    ],
  ])('%s', async (_, change, line) => {
    expect(await linesAfter(change)).toContain(line);
  });
});

describe('what someone has to know is a warning', () => {
  test.each<[string, (of: OperatorWorld) => void, string]>([
    [
      'an edited JWKS is repaired',
      edit('configmaps', 'payments-jwks', (draft) => {
        draft['data'] = { 'jwks.json': '{"keys":[]}' };
      }),
      'warn WriteJwks',
    ],
    [
      'a deleted JWKS is restored',
      (of) => of.api.hand.delete('configmaps', NAMESPACE, 'payments-jwks'),
      'warn JwksRestored',
    ],
    [
      'an edited signer Secret is repaired',
      edit('secrets', 'payments-signer', (draft) => {
        draft['data'] = {};
      }),
      'warn SignerRepaired',
    ],
    [
      'a lost key Secret is restored',
      (of) => of.api.hand.delete('secrets', NAMESPACE, 'payments-key-1'),
      'warn KeySecretRestored',
    ],
    [
      'a lost ledger is recovered',
      (of) => of.api.hand.delete('secrets', NAMESPACE, 'payments-signer'),
      'warn RecoverLedger',
    ],
    [
      'a key is revoked',
      (of) => {
        const kid = of.status().keys?.find(({ state }) => state === 'Active')?.kid ?? '';
        edit(SET_PLURAL, 'payments', (draft) => {
          draft['spec'] = { ...QUIET_SPEC, revocations: [{ kid }] };
        })(of);
      },
      'warn Revoke',
    ],
    [
      'a revocation that names no key',
      edit(SET_PLURAL, 'payments', (draft) => {
        draft['spec'] = { ...QUIET_SPEC, revocations: [{ kid: 'nobody' }] };
      }),
      'warn KidUnknown',
    ],
  ])('%s', async (_, change, line) => {
    expect(await linesAfter(change)).toContain(line);
  });
});
