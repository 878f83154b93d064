import { describe, expect, it } from 'vitest';
import type { StepReason } from '../../../src/core/formats/codes.ts';
import type { Step, Transition } from '../../../src/core/reading/model.ts';
import { Urgency } from '../../../src/operator/memory/urgency.ts';

const CHANGE = { uid: 'set', resourceVersion: '7' };

function step(code: StepReason): { step: Step } {
  return { step: { reason: { code, message: '' } } as Step };
}

function waitsFor(action: Transition['action'], atMs: number) {
  const transition = { action, when: { kind: 'At', atMs } } as Transition;
  return { upcoming: [transition], nextAtMs: 1000 };
}

/** A set at rest, whose key signs. */
function atRest(): Urgency {
  const urgency = new Urgency();
  urgency.looks();
  urgency.planned({ step: null }, true);
  urgency.rests({ upcoming: [], nextAtMs: null });
  return urgency;
}

describe('the lane of a set', () => {
  it('is the last one until a pass has looked at it', () => {
    const urgency = new Urgency();
    expect(urgency.lane()).toBe('new');
    urgency.planned(step('CreateKey'), false);
    expect(urgency.lane()).toBe('begun');
  });

  it.each<StepReason>([
    'Activate',
    'RollBack',
    'Revoke',
    'RevokeFirstKey',
    'RecoverLedger',
    'JwksRestored',
    'SignerRepaired',
    'SigningKeyLost',
  ])('is the urgent one from %s until it rests', (code) => {
    const urgency = atRest();
    urgency.planned(step(code), true);
    urgency.planned(step('WriteStatus'), true);
    urgency.planned(step('WriteJwks'), true);
    expect(urgency.lane()).toBe('urgent');
    urgency.rests({ upcoming: [], nextAtMs: null });
    expect(urgency.lane()).toBe('begun');
  });

  it.each<StepReason>(['CreateKey', 'AddKey', 'WriteStatus', 'Bar', 'ActivateFirstKey'])(
    'is an ordinary one for %s',
    (code) => {
      const urgency = atRest();
      urgency.planned(step(code), true);
      expect(urgency.lane()).toBe('begun');
    },
  );
});

describe('a change that a watch reports', () => {
  it('of a set that signs is urgent, until it rests again', () => {
    const urgency = atRest();
    urgency.changed(CHANGE);
    expect(urgency.lane()).toBe('urgent');
    urgency.looks();
    expect(urgency.lane()).toBe('urgent');
    urgency.rests({ upcoming: [], nextAtMs: null });
    expect(urgency.lane()).toBe('begun');
  });

  it('of a set that has no key yet is not', () => {
    const urgency = new Urgency();
    urgency.planned(step('CreateKey'), false);
    urgency.changed(CHANGE);
    expect(urgency.lane()).toBe('begun');
  });

  it.each(['before', 'after'])('by the operator is not, told %s it is answered', (when) => {
    const urgency = atRest();
    if (when === 'before') urgency.changed(CHANGE);
    urgency.wrote(CHANGE);
    if (when === 'after') urgency.changed(CHANGE);
    expect(urgency.lane()).toBe('begun');
  });

  it('after the operator’s own is urgent again', () => {
    const urgency = atRest();
    urgency.wrote(CHANGE);
    urgency.changed({ ...CHANGE, resourceVersion: '8' });
    expect(urgency.lane()).toBe('urgent');
  });
});

describe('a set at rest', () => {
  it.each([
    ['Activate', 1000, 'urgent'],
    ['Activate', 1001, 'begun'],
    ['Remove', 1000, 'begun'],
    ['Publish', 1000, 'begun'],
  ] as const)(
    'that wakes at 1000, with %s at %i, has its next pass in the lane %s',
    (action, atMs, lane) => {
      const urgency = atRest();
      urgency.rests(waitsFor(action, atMs));
      expect(urgency.lane()).toBe(lane);
    },
  );
});
