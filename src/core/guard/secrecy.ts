/** I5 of docs/rotation.md: no private key ends up where others can read it. */

import { holdsPrivateKey } from '../formats/private-key.ts';
import type { MetadataPatch, ObjectMeta, Write } from '../reading/model.ts';
import { exposingAnnotations } from '../reading/ownership.ts';
import type { Situation } from '../reading/situation.ts';
import type { Violation } from './violation.ts';

/** Checks every text of a write that is stored outside of a Secret's data. */
export function noPrivateMember(write: Write): readonly Violation[] {
  const texts: string[] = [];
  if (write.kind === 'WriteJwks') texts.push(...Object.values(write.data));
  if (write.kind === 'WriteStatus') texts.push(JSON.stringify(write.status));
  if ('metadata' in write) {
    const annotations = Object.entries(write.metadata.annotations);
    texts.push(...annotations.flatMap(([, value]) => (value === null ? [] : [value])));
  }
  return texts.some(holdsPrivateKey)
    ? [{ invariant: 'I5', message: `a ${write.kind} would expose a private key` }]
    : [];
}

/** Checks the annotations of the set's objects as they are, whoever wrote them. */
export function noKeyInAnnotations(situation: Situation): readonly Violation[] {
  const { signer, jwks, keySecrets } = situation;
  const objects = [
    ...(signer === null ? [] : [{ kind: 'Secret', meta: signer.meta }]),
    ...keySecrets.map(({ meta }) => ({ kind: 'Secret', meta })),
    ...(jwks === null ? [] : [{ kind: 'ConfigMap', meta: jwks.meta }]),
  ];
  return objects.flatMap(({ kind, meta }) =>
    exposingAnnotations(meta).map((name) => {
      const message = `the annotation ${name} of ${kind} ${meta.name} holds a private key`;
      return { invariant: 'I5' as const, message };
    }),
  );
}

/** Checks that a write of an object leaves none of its annotations with a private key in it. */
export function noKeyLeft(situation: Situation, write: Write): readonly Violation[] {
  if (!('metadata' in write) || !('expects' in write)) return [];
  const meta = metaOf(situation, write.expects);
  const kept = meta === null ? [] : exposingAnnotations(meta).filter(stays(write.metadata));
  return kept.map((name) => ({
    invariant: 'I5',
    message: `a ${write.kind} would leave a private key in the annotation ${name}`,
  }));
}

function stays({ annotations }: MetadataPatch): (name: string) => boolean {
  return (name) => !Object.hasOwn(annotations, name);
}

function metaOf(
  { signer, jwks, keySecrets }: Situation,
  expects: Extract<Write, { kind: 'WriteSigner' }>['expects'],
): ObjectMeta | null {
  if (expects === 'absent') return null;
  const all = [signer?.meta, jwks?.meta, ...keySecrets.map(({ meta }) => meta)];
  return all.find((meta) => meta?.uid === expects.uid) ?? null;
}
