/**
 * What a failure of the simulator points to: the rule that is broken, as docs/rotation.md has it, and
 * the file that keeps it. Whatever is reported as broken has its row here.
 */

export interface Rule {
  readonly document: 'docs/rotation.md' | 'docs/safety.md' | 'docs/errors.md';
  /** The title of the section that states the rule. */
  readonly section: string;
  /** Words that lead to the sentence, or to the row of a table; several if it can be any of them. */
  readonly at?: readonly string[];
  readonly file: string;
}

const ROTATION = 'docs/rotation.md';

function invariant(at: string): Rule {
  return {
    document: ROTATION,
    section: 'Invariants',
    at: [at],
    file: 'src/core/guard/invariants.ts',
  };
}

export const RULES = {
  // A token is rejected: its key signed too soon, or left the JWKS too soon.
  P1: {
    document: ROTATION,
    section: 'Gates',
    at: ['activationGate', 'removalGate'],
    file: 'src/core/ledger/gates.ts',
  },
  P2: {
    document: ROTATION,
    section: 'Revocation',
    at: ['How long it is still trusted'],
    file: 'src/core/ledger/terms.ts',
  },
  // More than the old key and the new one sign.
  P3: {
    document: ROTATION,
    section: 'Gates',
    at: ['takenUpGate'],
    file: 'src/core/schedule/schedule.ts',
  },
  // A status says more than was so, or says too late what has changed.
  Truth: {
    document: ROTATION,
    section: 'Order of writes',
    at: ['never better than what was read'],
    file: 'src/core/report/conditions.ts',
  },
  I1: invariant('I1'),
  I2: invariant('I2'),
  I3: invariant('I3'),
  I4: invariant('I4'),
  I5: invariant('I5'),
  I6: invariant('I6'),
  I7: invariant('I7'),
  I8: invariant('I8'),
  // Two keys wait to sign, or a private key is destroyed while it is needed.
  Counts: {
    document: ROTATION,
    section: 'Order of writes',
    at: ['Down:'],
    file: 'src/core/stages/custody.ts',
  },
  // A switch that nothing asked for, or a request or a revocation that is left open.
  Requests: {
    document: ROTATION,
    section: 'Requests',
    at: ['it is carried out once'],
    file: 'src/core/reading/requests.ts',
  },
  // Somebody fights over a field, and something else does not go on, or the status does not say so.
  Fights: {
    document: ROTATION,
    section: 'Steps that do not last',
    at: ['holds up no other one'],
    file: 'src/core/order.ts',
  },
  // A private key that the ledger does not know.
  Orphans: {
    document: 'docs/safety.md',
    section: 'What carries each promise',
    at: ['no private key that the ledger does not know'],
    file: 'src/core/stages/rotation.ts',
  },
  convergence: {
    document: ROTATION,
    section: 'Order of writes',
    at: ['Rest.'],
    file: 'src/core/plan.ts',
  },
  'one step': {
    document: ROTATION,
    section: 'Order of writes',
    at: ['at most one write'],
    file: 'src/operator/reconcile.ts',
  },
  clock: {
    document: ROTATION,
    section: 'Times are observations',
    at: ['ClockSkew'],
    file: 'src/core/reading/clock.ts',
  },
  'same end': {
    document: 'docs/safety.md',
    section: 'How it is shown',
    at: ['as it does without the fault'],
    file: 'src/core/plan.ts',
  },
  'same counts': {
    document: 'docs/safety.md',
    section: 'How it is shown',
    at: ['nothing more was created or destroyed'],
    file: 'src/core/plan.ts',
  },
  // A step says that it waited for something that is still to come.
  reasons: {
    document: 'docs/errors.md',
    section: 'Steps in the log',
    at: ['never names a wait that is not over'],
    file: 'src/core/stages/deletion.ts',
  },
  // The operator's own guard refused a step: a stage has planned what an invariant forbids.
  InvariantViolated: {
    document: ROTATION,
    section: 'Invariants',
    file: 'src/core/guard/guard.ts',
  },
  // Any other error in an operator's log; the message begins with its code.
  error: {
    document: 'docs/errors.md',
    section: 'Codes and what to do',
    file: 'src/operator/reconcile.ts',
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** What a violation names as broken. */
export type Broken = keyof typeof RULES;

export function isBroken(name: string): name is Broken {
  return Object.hasOwn(RULES, name);
}

/** Such as `P1 (docs/rotation.md, Gates; src/core/ledger/gates.ts)`. */
export function withRule(name: Broken): string {
  const { document, section, at, file }: Rule = RULES[name];
  const where = at === undefined ? section : `${section}: ${at.join(' or ')}`;
  return `${name} (${document}, ${where}; ${file})`;
}
