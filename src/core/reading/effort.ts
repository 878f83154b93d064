/**
 * What a step is up to, so that the same step can be known again: if it is wanted once more soon after it
 * was taken, someone has undone it. Versions, generations and times are no part of that, as each try has
 * others.
 */

import { fingerprint } from '../encoding/fingerprint.ts';
import { ANNOTATION, FINALIZER, SIGNER_FILE } from '../formats/names.ts';
import { OWN_FILES } from '../formats/served-set.ts';
import { keysIn } from '../ledger/jwks-document.ts';
import { basisOf } from './basis.ts';
import type { Effort, Urgency } from './contest.ts';
import { type FieldPath, fieldText, managerOf } from './field-managers.ts';
import type { MetadataPatch, ObjectMeta, Observed, Reason, Write } from './model.ts';
import { sameWorkload } from './old-pods.ts';

/** The maximum number of fields that are named. */
const FIELDS_MAX = 4;

export function effortOf(write: Write, reason: Reason, observed: Observed): Effort {
  const object = objectOf(write, observed);
  const paths = write.kind === 'CreateKeySecret' ? [] : contradicted(write, observed);
  const [first] = paths;
  const managedFields = managedFieldsOf(write, observed);
  return {
    name: `${reason.code} ${write.kind === 'CreateKeySecret' ? 'Secret' : object}`,
    intent: fingerprint(JSON.stringify(intentOf(write, reason, observed))),
    urgency: urgencyOf(reason, observed),
    object,
    fields: paths.slice(0, FIELDS_MAX).map(fieldText),
    setBy: first === undefined ? null : managerOf(managedFields, first),
  };
}

function urgencyOf({ code }: Reason, observed: Observed): Urgency {
  if (IMMEDIATE.includes(code) || showsRevoked(observed)) return 'Immediate';
  return LATER.includes(code) ? 'Later' : 'Soon';
}

const IMMEDIATE: readonly Reason['code'][] = [
  'Revoke',
  'RevokeFirstKey',
  'JwksRestored',
  'SignerRepaired',
  'SigningKeyLost',
];

/** What no token and no verifier waits for. */
const LATER: readonly Reason['code'][] = [
  'RepairMetadata',
  'Finalizer',
  'RestartWorkload',
  'KeySecretRestored',
  'CreateKey',
  'DestroyKey',
  'DestroyEndedKey',
  'DestroyStray',
];

function showsRevoked({ set, jwks, signer }: Observed): boolean {
  const revoked = set.spec?.revocations.map(({ kid }) => kid) ?? [];
  if (revoked.length === 0) return false;
  const shown = keysIn(jwks?.data ?? {}).map(({ kid }) => kid);
  if (signer?.content.kind === 'Key') shown.push(signer.content.kid);
  return revoked.some((kid) => shown.includes(kid));
}

function objectOf(write: Write, { set }: Observed): string {
  switch (write.kind) {
    case 'WriteJwks':
    case 'DeleteJwks':
      return `ConfigMap ${write.name}`;
    case 'RestartWorkload':
      return `${write.workload.kind} ${write.workload.name}`;
    case 'WriteStatus':
    case 'WriteFinalizer':
      return `SigningKeySet ${set.ref.name}`;
    default:
      return `Secret ${write.name}`;
  }
}

function intentOf(write: Write, { code }: Reason, observed: Observed): unknown {
  // Each recovery has an epoch of its own.
  if (code === 'RecoverLedger') return basisOf(observed).set;
  switch (write.kind) {
    case 'CreateKeySecret':
      // The next one is wanted once the last one is in the ledger.
      return [write.keyKind, livingKids(observed)];
    case 'RestoreKeySecret':
      return write.kid;
    case 'PatchKeySecretMetadata':
      return write.metadata;
    case 'WriteSigner': {
      if (code === 'RepairMetadata') return withoutLedger(write.metadata);
      if (code === 'SignerRepaired' || code === 'SigningKeyLost') return write.source;
      const { generation: _, ...ledger } = write.ledger;
      return [ledger, write.source];
    }
    case 'WriteJwks': {
      const isInOrder = contradicted(
        { ...write, metadata: withoutLedger(write.metadata) },
        observed,
      );
      // Only the copy and the stamp of the generation are to be written.
      if (isInOrder.length === 0) return write.generation;
      return [write.data, withoutLedger(write.metadata)];
    }
    case 'RestartWorkload':
      return write.restartedFor;
    case 'WriteStatus':
      return write.status;
    case 'WriteFinalizer':
      return write.present;
    case 'DeleteKeySecret':
    case 'DeleteSigner':
    case 'DeleteJwks':
      return write.name;
  }
}

function livingKids({ ledgers }: Observed): readonly string[] {
  return ledgers.signer?.kind === 'Ledger' ? ledgers.signer.ledger.keys.map(({ kid }) => kid) : [];
}

function withoutLedger({ labels, annotations }: MetadataPatch): MetadataPatch {
  const { [ANNOTATION.ledger]: _, [ANNOTATION.generation]: __, ...others } = annotations;
  return { labels, annotations: others };
}

/** The fields that are not as the write would have them. */
function contradicted(write: Write, observed: Observed): readonly FieldPath[] {
  const { set, signer, jwks } = observed;
  switch (write.kind) {
    case 'WriteSigner':
      return [
        ...(write.source.from === 'unchanged' ? [] : [['data', SIGNER_FILE.pem]]),
        ...differing(signer?.meta, withoutLedger(write.metadata)),
      ];
    case 'WriteJwks': {
      const entries = OWN_FILES.filter((name) => jwks?.data[name] !== write.data[name]);
      const lasting = [
        ...(jwks === null ? [] : entries).map((name) => ['data', name]),
        ...differing(jwks?.meta, withoutLedger(write.metadata)),
      ];
      return lasting.length > 0 ? lasting : differing(jwks?.meta, write.metadata);
    }
    case 'PatchKeySecretMetadata': {
      const found = observed.keySecrets.find(({ meta }) => meta.name === write.name);
      return differing(found?.meta, write.metadata);
    }
    case 'RestartWorkload':
      return [['spec', 'template', 'metadata', 'annotations', ANNOTATION.restartedFor]];
    case 'WriteStatus': {
      const { status } = set;
      const members = Object.entries(write.status) as [keyof typeof write.status, unknown][];
      return members
        .filter(([name, value]) => JSON.stringify(status?.[name]) !== JSON.stringify(value))
        .map(([name]) => ['status', name]);
    }
    case 'WriteFinalizer':
      return [['metadata', 'finalizers', FINALIZER]];
    default:
      return [];
  }
}

function differing(meta: ObjectMeta | undefined, patch: MetadataPatch): readonly FieldPath[] {
  if (meta === undefined) return [];
  return (['labels', 'annotations'] as const).flatMap((part) =>
    Object.entries(patch[part])
      .filter(([name, value]) => (meta[part][name] ?? null) !== value)
      .map(([name]) => ['metadata', part, name]),
  );
}

function managedFieldsOf(write: Write, observed: Observed): unknown {
  switch (write.kind) {
    case 'WriteSigner':
      return observed.signer?.meta.managedFields;
    case 'WriteJwks':
      return observed.jwks?.meta.managedFields;
    case 'PatchKeySecretMetadata':
      return observed.keySecrets.find(({ meta }) => meta.name === write.name)?.meta.managedFields;
    case 'RestartWorkload': {
      const found = observed.workloads.find((each) => sameWorkload(each, write.workload));
      return found?.state === 'Found' ? found.managedFields : undefined;
    }
    case 'WriteStatus':
    case 'WriteFinalizer':
      return observed.set.managedFields;
    default:
      return undefined;
  }
}
