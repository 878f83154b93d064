/**
 * The order of urgency: revocations, what tokens need (JWKS and signer), deletion and rotation, the end of
 * keys, and last what nobody waits for. The first stage that has a step ends the pass, unless that step
 * backs off because someone keeps undoing it, or because the API server refuses it.
 */
import type { Step } from '../reading/model.ts';
import type { Situation } from '../reading/situation.ts';
import { withStageEvents } from '../report/step-events.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { firstCopyBesideJwks } from './copy.ts';
import {
  buryDestroyed,
  destroyBarred,
  publishJwks,
  repairJwksMetadata,
  repairKeySecretMetadata,
  repairSigner,
  repairSignerMetadata,
  restoreKeySecret,
} from './custody.ts';
import {
  abandonDeletion,
  allowJwksDeletion,
  beginDeletion,
  deleteJwks,
  deleteRest,
  isOrderedDeletion,
} from './deletion.ts';
import { finalizerStep } from './finalizer.ts';
import { destroyUnneeded } from './key-secrets.ts';
import { noteShown } from './note.ts';
import { restartNext } from './restart.ts';
import { replaceLastRevoked, revoke } from './revocation.ts';
import { rollbackStep } from './rollback.ts';
import { activateNext, barNext, publishNext } from './rotation.ts';
import type { Stage } from './steps.ts';
import type { Turn } from './turn.ts';

/**
 * All but `EvenInDoubt` wait while the clocks are in doubt. Most of them record a time or rely on a
 * gate; the others can wait.
 */
type Runs = 'EvenInDoubt' | 'AnyTime' | 'InDeletion' | 'OutsideDeletion';

/**
 * What may go on while the step of a stage backs off. `Nothing`: all later steps rely on what it records.
 * `Endings`: the signer does not hold what the ledger says, so nothing may switch or begin to remove a key.
 */
type Meanwhile = 'Nothing' | 'Endings' | 'All';

type Row = readonly [Runs, Stage, Meanwhile];

const URGENT: readonly Row[] = [
  ['EvenInDoubt', revoke, 'Nothing'],
  ['EvenInDoubt', replaceLastRevoked, 'All'],
  ['EvenInDoubt', noteShown, 'Nothing'],
  ['EvenInDoubt', publishJwks, 'All'],
  ['EvenInDoubt', repairSigner, 'Endings'],
  // Only once no key is in the signer: the guard lets no signing key lose its JWKS.
  ['EvenInDoubt', deleteJwks, 'All'],
  // After the revocations: a policy that refuses the finalizer must not hold one up.
  ['EvenInDoubt', finalizerStep, 'All'],
  ['InDeletion', beginDeletion, 'All'],
  ['OutsideDeletion', abandonDeletion, 'Endings'],
  ['OutsideDeletion', restoreKeySecret, 'All'],
  // A deletion refuses a rollback, so that none is carried out later if it is called off.
  ['AnyTime', rollbackStep, 'Endings'],
  ['InDeletion', allowJwksDeletion, 'All'],
  ['InDeletion', deleteRest, 'All'],
  ['OutsideDeletion', activateNext, 'All'],
  ['OutsideDeletion', publishNext, 'All'],
  ['OutsideDeletion', restartNext, 'All'],
  ['OutsideDeletion', barNext, 'All'],
];

const ENDINGS: readonly Row[] = [
  ['OutsideDeletion', destroyBarred, 'All'],
  ['OutsideDeletion', buryDestroyed, 'All'],
  ['OutsideDeletion', destroyUnneeded, 'All'],
  ['EvenInDoubt', repairJwksMetadata, 'All'],
  ['OutsideDeletion', repairSignerMetadata, 'All'],
  ['OutsideDeletion', repairKeySecretMetadata, 'All'],
  ['OutsideDeletion', firstCopyBesideJwks, 'All'],
];

/** For a ledger that is sound and copied. */
export function stageStep(situation: Situation, schedule: Schedule, turn: Turn): Step | null {
  for (const rows of [URGENT, ENDINGS]) {
    for (const [runs, stage, meanwhile] of rows) {
      const heldBefore = turn.held.length;
      const found = isItsTurn(runs, situation) ? stepOf(stage, situation, schedule, turn) : null;
      if (found !== null) return found;
      if (turn.held.length === heldBefore || meanwhile === 'All') continue;
      turn.isCut = true;
      if (meanwhile === 'Nothing') return null;
      break;
    }
  }
  return null;
}

/** A stage that works on several objects passes over those whose steps back off. */
function stepOf(stage: Stage, situation: Situation, schedule: Schedule, turn: Turn): Step | null {
  const held = new Set<string>();
  for (;;) {
    const found = stage(situation, schedule, held);
    if (found === null) return null;
    const heldBefore = turn.held.length;
    const opened = turn.open(withStageEvents(found, situation, schedule.ledger));
    // It has no other object to work on.
    if (opened !== null || turn.held.length === heldBefore) return opened;
    held.add(turn.held.at(-1)?.object ?? '');
  }
}

function isItsTurn(runs: Runs, situation: Situation): boolean {
  if (runs === 'EvenInDoubt') return true;
  if (situation.clockInDoubt) return false;
  return runs === 'AnyTime' || isOrderedDeletion(situation) === (runs === 'InDeletion');
}
