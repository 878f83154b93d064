/**
 * Wider lives than the random ones: pods that read once, deletions and a second life of the set, short
 * intervals, edits that are taken back, every object restored, and the signer's values replaced by those
 * of any other key. Each lasts for a number of phases, and comes to rest after each.
 */
import { type Command, durationOf, type Scenario } from '../language/scenario.ts';
import { pick, seeded } from '../world/seeded.ts';
import { type ArmedFault, act, armedIn, type RandomLife } from './random-life.ts';

/** What happens one after the other, always the same time apart; an empty one is a pause. */
type Deed = readonly string[];
type Draw = (random: () => number) => Deed;

/** An ordinal that may be some key's. */
const ordinal = (random: () => number) => 1 + Math.floor(random() * 4);
const upTo = (random: () => number, max: number) => 1 + Math.floor(random() * max);

const EDITS: readonly Draw[] = [
  (random) => [`edit T=${upTo(random, 20)}s`],
  (random) => [`edit C=${upTo(random, 12)}s`],
  (random) => [`edit H=${upTo(random, 6)}s`],
  (random) => [`edit P=${upTo(random, 6)}s`],
  (random) => [`edit Ps=${upTo(random, 8)}s`],
  (random) => [`edit L=${upTo(random, 6)}s`],
  // No less than the operators' clocks are apart.
  (random) => [`edit S=${upTo(random, 3)}s`],
  (random) => [`edit standby=${random() < 0.5}`],
  (random) => [`edit algorithm=${pick(random, ['EdDSA', 'ES256'])}`],
  (random) => [`edit onRevokeWithoutStandby=${pick(random, ['FailClosed', 'SignImmediately'])}`],
  (random) => [`edit deletionPolicy=${pick(random, ['Retain', 'Delete'])}`],
  // Taken back, as soon as an operator may have seen it.
  (random) => [`edit C=${12 + upTo(random, 20)}s`, 'edit C=5s'],
  (random) => [`edit H=${upTo(random, 9)}s`, 'edit H=0s'],
  () => ['edit algorithm=ES256', 'edit algorithm=EdDSA'],
  () => ['edit suspend=true', 'edit suspend=false'],
  () => ['edit I=70s', '', '', '', '', '', '', '', 'edit I=720h'],
];

const REQUESTS: readonly Draw[] = [
  (random) => [`annotate rotate=r${Math.floor(random() * 1000)}`],
  (random) => [`annotate rollback=${Math.floor(random() * 1000)}`],
  (random) => [`annotate rotate=w${Math.floor(random() * 1000)}`, 'annotate rotate='],
  (random) => [`revoke ${ordinal(random)}`],
];

const HARM: readonly Draw[] = [
  () => ['delete jwks'],
  () => ['delete signer'],
  (random) => [`delete key ${ordinal(random)}`],
  (random) => [`restore jwks ${upTo(random, 8)}`],
  (random) => [`restore set ${upTo(random, 12)}`],
  (random) => [`restore set-status ${upTo(random, 20)}`],
  (random) => [`restore ${ordinal(random)} 1`],
  (random) => [`loosen ${ordinal(random)}`],
  (random) => [`signer key ${ordinal(random)}`],
  (random) => [`signer values ${ordinal(random)}`],
  () => ['signer stranger'],
  // Put there, and taken back, while no operator may be at work.
  (random) => {
    const swapped = upTo(random, 3);
    return ['down 1 20s', `signer values ${swapped}`, `signer values ${swapped + 1}`];
  },
  (random) => [`signer key ${ordinal(random)}`, `signer values ${ordinal(random)}`],
  () => ['signer empty'],
  () => ['signer unledger'],
  () => ['signer forge'],
  () => ['wipe'],
  () => ['jwks format'],
  () => ['jwks garble'],
  (random) => [`jwks drop ${ordinal(random)}`],
  () => ['strip jwks'],
  () => ['strip signer'],
];

/** What no reading of the operator can tell from the truth (docs/limits.md), if more is lost with it. */
const RESTORED_SIGNER: Draw = (random) => [`restore signer ${upTo(random, 16)}`];

const WORLD: readonly Draw[] = [
  (random) => [`pod a ${pick(random, ['env', 'subPath', 'init'])}`, '', 'unpod a'],
  (random) => [`pod b ${pick(random, ['env', 'projected'])}`, 'bounce b', '', '', 'unpod b'],
  () => ['deployment api env', '', 'rollout api'],
  () => ['date off', 'date on'],
  (random) => [`network 1 ${upTo(random, 3) * 100}ms`, '', 'network 1 2ms'],
  (random) => [`down 1 ${upTo(random, 20)}s`],
  (random) => [`pause 1 ${upTo(random, 20)}s`],
  (random) => [`clock 1 ${pick(random, ['-500ms', '500ms', '0s'])}`],
  (random) => [`server ${pick(random, ['-500ms', '500ms', '0s'])}`],
  () => ['second'],
];

/** The set goes, and comes again: its objects are kept, or go in order, or at once. */
const ENDS: readonly Draw[] = [
  () => ['edit deletionPolicy=Retain', 'delete set', '', 'create'],
  () => ['again standby=true', 'edit deletionPolicy=Delete', 'delete set'],
  () => [
    'again standby=false',
    'edit deletionPolicy=Delete',
    'delete set',
    'annotate skipDeletionWait=UID',
  ],
];

export function wideLife(number: number): RandomLife {
  const random = seeded(`wide life ${number}`);
  const operators = pick(random, [1, 1, 1, 2]);
  const commands = commandsOf(random);
  const places = commands.flatMap(({ kind }, index) => (kind === 'act' ? [index] : []));
  const faults: readonly ArmedFault[] = armedIn(random, places, upTo(random, 4));
  const scenario: Scenario = {
    name: `wide/${number}`,
    operators,
    elected: operators > 1 && random() < 0.5,
    skewMs: pick(random, [0, 0, 250, 500]),
    quietMs: durationOf('50s'),
    horizonMs: durationOf('2m'),
    comparable: false,
    timed: true,
    commands,
  };
  return { scenario, faults };
}

const PHASES_MAX = 4;

function commandsOf(random: () => number): readonly Command[] {
  const commands: Command[] = [act(0, `create standby=${random() < 0.8}`)];
  const phases = upTo(random, PHASES_MAX);
  for (let phase = 1; phase <= phases; phase += 1) {
    commands.push({ kind: 'rest', text: 'rest' });
    commands.push(...phaseOf(random, phase));
  }
  return commands;
}

/** A rotation, with deeds before and after it; in some phases the end of the set. */
function phaseOf(random: () => number, phase: number): readonly Command[] {
  const drawn = Array.from({ length: upTo(random, 5) }, () => pick(random, deedsOf(random)));
  const rotation: Draw = () => [`annotate rotate=${phase}`];
  const end = random() < 0.2 ? [pick(random, ENDS)] : [];
  const deeds = [...drawn.slice(0, 1), rotation, ...drawn.slice(1), ...end];
  let atMs = 0;
  const timed = deeds.flatMap((draw) => {
    const first = atMs;
    atMs += Math.floor(random() * 6000);
    const gapMs = 500 + Math.floor(random() * 8000);
    return draw(random).flatMap((text, index) =>
      text === '' ? [] : [act(first + index * gapMs, text)],
    );
  });
  return timed.sort((a, b) => a.atMs - b.atMs);
}

function deedsOf(random: () => number): readonly Draw[] {
  const all = [EDITS, REQUESTS, HARM, HARM, WORLD] as const;
  return random() < 0.04 ? [RESTORED_SIGNER] : pick(random, all);
}
