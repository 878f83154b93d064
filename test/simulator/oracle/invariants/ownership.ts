/**
 * I6: operators change and delete no object that is not the set's. Of the set itself they write
 * the status and the finalizers. An object of ours whose marks someone removed is known by its keys.
 */
import { ANNOTATION, ordinalOfKeySecret, SET_PLURAL } from '../../../../src/core/formats/names.ts';
import { child, isObject, type JsonObject, metadataOf } from '../../../fake-api/json/json.ts';
import { type Change, HAND } from '../../record/history.ts';
import type { Scene } from '../actors/scene.ts';
import { keysOf, ownerOf, signerFactsOf } from '../facts/documents.ts';
import { deadlineMs, standingBefore, type Timeline } from '../facts/timeline.ts';
import type { Violation } from '../verdict/verdict.ts';

export function ownershipViolations(scene: Scene): readonly Violation[] {
  const { timeline } = scene;
  const known = knownSince(scene);
  return timeline.history.changes.flatMap((change) => {
    const { author, before, atMs, resource, name } = change;
    if (author === HAND || before === null) return [];
    if (isAllowed(timeline, change, before, known)) return [];
    const did = change.after === null ? 'deletes' : 'changes';
    return [
      {
        promise: 'I6',
        atMs,
        message: `${author} ${did} ${resource} ${name}, which is not its own`,
      },
    ];
  });
}

/** The revision at which an operator first published a kid, or made its Secret. */
type Known = ReadonlyMap<string, number>;

function knownSince({ published, timeline }: Scene): Known {
  const known = new Map<string, number>();
  const learn = (kid: string, { revision }: Change) => {
    known.set(kid, Math.min(revision, known.get(kid) ?? revision));
  };
  for (const { byHand, keys, version } of published) {
    if (!byHand) for (const kid of keys.keys()) learn(kid, version.change);
  }
  for (const { byHand, facts, change } of timeline.keySecrets) {
    if (!byHand && change.before === null && facts !== null) learn(facts.kid, change);
  }
  return known;
}

function isAllowed(timeline: Timeline, change: Change, before: JsonObject, known: Known): boolean {
  switch (change.resource) {
    case 'events':
    case 'leases':
      return true;
    case SET_PLURAL:
      return isOnlyStatus(before, change.after);
    case 'deployments':
      return isOnlyRestarted(timeline, change, before);
    case 'secrets':
    case 'configmaps':
      return isOurs(timeline, change, before, known);
    default:
      return false;
  }
}

/** Restarted, and nothing else, if the set's own spec lists it. */
function isOnlyRestarted(timeline: Timeline, { atMs, name, after }: Change, before: JsonObject) {
  if (after === null) return false;
  const sinceMs = atMs - deadlineMs(timeline, atMs);
  const isListed = timeline.sets.some(
    (set, index) =>
      set.atMs <= atMs &&
      (timeline.sets[index + 1]?.atMs ?? atMs) >= sinceMs &&
      set.spec?.restarts.includes(name),
  );
  const rest = (object: JsonObject) => {
    const { template, ...spec } = child(object, 'spec');
    const { metadata, ...pod } = isObject(template) ? template : {};
    const { annotations, ...meta } = isObject(metadata) ? metadata : {};
    const { [ANNOTATION.restartedFor]: _, ...others } = isObject(annotations) ? annotations : {};
    const { labels, annotations: own } = metadataOf(object);
    return JSON.stringify([spec, pod, meta, others, labels, own, object['status']]);
  };
  return isListed && rest(before) === rest(after);
}

function isOnlyStatus(before: JsonObject, after: JsonObject | null): boolean {
  if (after === null) return metadataOf(before)['deletionTimestamp'] !== undefined;
  const declared = (object: JsonObject) => {
    const { labels, annotations } = metadataOf(object);
    return JSON.stringify([object['spec'], labels, annotations]);
  };
  return declared(before) === declared(after);
}

function isOurs(timeline: Timeline, change: Change, before: JsonObject, known: Known): boolean {
  const { namespace, setName } = timeline.history;
  const owner = ownerOf(before);
  const isName = change.namespace === namespace && isNameOfSet(timeline, change);
  if (owner === null) {
    // What a stranger put there does not become ours by being taken for ours and published.
    const putThere = lastByHand(timeline, change);
    const isKnown = (kid: string) => (known.get(kid) ?? Number.POSITIVE_INFINITY) < putThere;
    return isName && kidsOf(timeline, change, before).every(isKnown);
  }
  if (owner.namespace === namespace && owner.name === setName) return isName;
  // What is another set's is for the judge of that set, unless it has a name of ours.
  if (!isName) return owner.namespace === change.namespace;
  const sinceMs = change.atMs - deadlineMs(timeline, change.atMs);
  return timeline.sets.some(({ adopts, atMs }, index) => {
    const isOver = (timeline.sets[index + 1]?.atMs ?? change.atMs) < sinceMs;
    return adopts === owner.uid && atMs <= change.atMs && !isOver;
  });
}

/** The revision at which someone last changed the object; that of the change if nobody ever did. */
function lastByHand({ history }: Timeline, { resource, namespace, name, revision }: Change) {
  const put = history.changes.findLast(
    (other) =>
      other.author === HAND &&
      other.revision < revision &&
      other.resource === resource &&
      other.namespace === namespace &&
      other.name === name,
  );
  return put?.revision ?? revision;
}

function isNameOfSet({ names, history }: Timeline, { resource, name }: Change): boolean {
  if (resource === 'configmaps') return name === names.jwks;
  return name === names.signer || ordinalOfKeySecret(history.setName, name) !== null;
}

/** The kids in an object; one that no set has, if there are none. */
function kidsOf(timeline: Timeline, change: Change, object: JsonObject): readonly string[] {
  const none = ['none'];
  if (change.resource === 'configmaps') {
    const kids = [...(keysOf(object)?.keys() ?? [])];
    return kids.length === 0 ? none : kids;
  }
  if (change.name === timeline.names.signer) {
    const facts = signerFactsOf(object);
    return facts.kind === 'Key' ? [facts.kid] : none;
  }
  const versions = timeline.keySecrets.filter((each) => each.change.name === change.name);
  const facts = standingBefore(versions, change)?.facts;
  return facts == null ? none : [facts.kid];
}
