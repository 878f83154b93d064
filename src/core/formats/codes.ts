/**
 * Every stable code that users see in conditions, transitions, steps, events and refusals. Each has a
 * row in docs/errors.md; a test compares that page with these lists.
 */

/** The conditions of a set, with their reasons. */
export const CONDITION_REASONS = {
  Ready: [
    'Signing',
    'FirstKeyPending',
    'PublicationPending',
    'VerifiersMayRefuse',
    'SignerChanged',
    'JwksChanged',
    'SigningKeyRevoked',
    'NoSigningKey',
    'LedgerLost',
    'LedgerTooNew',
    'ObjectNotOwned',
    'KeySecretBroken',
    'Deleting',
    'InvalidSpec',
  ],
  /** It has the reasons of `Ready`, while the operator continues by itself. */
  Reconciling: [],
  /** It also has the reasons of `Ready` that only a person can end. */
  Stalled: ['WriteRefused'],
  StandbyReady: ['Proven', 'Waiting', 'NotPublished', 'NotWanted'],
  RevocationsApplied: ['Applied', 'Applying', 'KidUnknown'],
  RevocationsUnmatched: ['KidUnknown'],
  IssuersOutdated: [
    'PodsHoldOldKey',
    'Restarting',
    'WorkloadUnreadable',
    'PodsForbidden',
    'PodsUnreadable',
    'PodsNotChecked',
  ],
  RotationOverdue: ['OnTime', 'Late', 'Suspended'],
  InvariantsHold: ['NoneViolated', 'I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8'],
  ClockSkew: ['ClocksDisagree'],
  ForeignObjects: ['ObjectNotOwned'],
  CrdOutdated: ['StatusPruned'],
  DeletionPending: ['FinalizersRemain'],
  Contested: ['StepUndone'],
  MetadataRefused: ['AsksForCopies'],
} as const;
export type ConditionType = keyof typeof CONDITION_REASONS;
export type ConditionReason = (typeof CONDITION_REASONS)[ConditionType][number];

/** The invariants of docs/rotation.md. */
export type InvariantName = Exclude<
  (typeof CONDITION_REASONS)['InvariantsHold'][number],
  'NoneViolated'
>;

/** What a set does next, in `status.nextTransition.action`. */
export const ACTIONS = [
  'Publish',
  'Activate',
  'RollBack',
  'Remove',
  'DeleteJwks',
  'Delete',
] as const;
export type Action = (typeof ACTIONS)[number];

/** What it waits for before that, in `status.nextTransition.waitingFor`. */
export const WAITING_FOR = [
  'RotationDue',
  'ActivationGate',
  'SwitchComplete',
  'Suspended',
  'NoActiveKey',
  'PublicationDue',
  'PublishedKeysMax',
  'TokensExpire',
  'PodsHoldKey',
  'PodsUnknown',
  'AnotherKey',
  'CachesExpire',
  'FinalizersRemain',
  'Nothing',
] as const;
export type WaitingFor = (typeof WAITING_FOR)[number];

/** Why a step is taken. */
export const STEP_REASONS = [
  'CreateKey',
  'AddKey',
  'WriteJwks',
  'Activate',
  'PublishFirstKey',
  'ActivateFirstKey',
  'RollBack',
  'RefuseRollback',
  'Revoke',
  'RevokeFirstKey',
  'Bar',
  'DestroyKey',
  'BuryKey',
  'BuryOrphan',
  'DestroyEndedKey',
  'DestroyStray',
  'RestartWorkload',
  'NoteObservations',
  'WriteStatus',
  'RepairMetadata',
  'Finalizer',
  'RecoverLedger',
  'JwksRestored',
  'SignerRepaired',
  'SigningKeyLost',
  'KeySecretRestored',
  'BeginDeletion',
  'AbandonDeletion',
  'DeleteJwks',
  'Delete',
  'DeleteUnused',
] as const;
export type StepReason = (typeof STEP_REASONS)[number];

/**
 * What someone else did to an object of a set, and the operator noticed, repaired or recovered from: each with
 * the object that it was done to. Every one sends an event under this reason, and is counted.
 */
export const REPAIRS = {
  SignerRepaired: 'signer',
  /** It was edited and put back before the operator looked. */
  SignerEdited: 'signer',
  SigningKeyLost: 'signer',
  LedgerRecovered: 'signer',
  JwksRepaired: 'jwks',
  JwksRestored: 'jwks',
  /** As `SignerEdited`. */
  JwksEdited: 'jwks',
  KeySecretRestored: 'key',
} as const;
export type RepairReason = keyof typeof REPAIRS;

export function isRepair(reason: string): reason is RepairReason {
  return Object.hasOwn(REPAIRS, reason);
}

/** Reasons that only events have. A condition that needs attention is reported under its own reason. */
export const EVENT_REASONS = [
  'KeyPending',
  'KeyActivated',
  'KeyRetiring',
  'KeyRemoved',
  'KeyRetired',
  'KeyRevoked',
  'NoSigningKey',
  'RolledBack',
  'RollbackRefused',
  'WorkloadRestarted',
  'WaitRestarted',
  'JwksRepaired',
  'JwksRestored',
  'JwksEdited',
  'SignerRepaired',
  'SignerEdited',
  'SigningKeyLost',
  'KeySecretRestored',
  'LedgerLost',
  'LedgerRecovered',
  'EndedKeyFound',
  'StrayFound',
  'DeletionWaitSkipped',
  'ManyKeysPublished',
  'KeysAdopted',
  'NotAtRest',
  'WriteRefused',
] as const;
export type EventReason = (typeof EVENT_REASONS)[number] | ConditionReason;

/** Why the guard refuses a planned step. */
export const STEP_REFUSALS = [
  'Changed',
  'ClocksDisagree',
  'Undecodable',
  'InvariantViolated',
] as const;
export type StepRefusal = (typeof STEP_REFUSALS)[number];
