/** What someone does to the object that an operator is about to read or write. */
import { ANNOTATION, SET_PLURAL } from '../../../src/core/formats/names.ts';
import { child, type JsonObject, metadataOf, text } from '../../fake-api/json/json.ts';
import { hold, release } from '../language/edits.ts';
import { versionsOf } from '../record/views.ts';
import { NAMESPACE } from '../world/world.ts';
import type { Scene } from './scene.ts';

/** If the object is not there, there is nothing to do to it. */
function withObject({ world, step }: Scene, act: (object: JsonObject) => void): void {
  const object = world.api.hand.get(step.resource, NAMESPACE, step.name);
  if (object === null) world.note('*', `${step.name} is not there`);
  else act(object);
}

export function deleteObject(scene: Scene): void {
  const { world, step } = scene;
  withObject(scene, () => world.api.hand.erase(step.resource, NAMESPACE, step.name));
}

/** Deletes it and creates it again as it was, so that it has another UID. */
export function recreate(scene: Scene): void {
  withObject(scene, (object) => scene.world.api.hand.restore(scene.step.resource, object));
}

/**
 * Rewrites the data with the same keys but different bytes. A SigningKeySet has no data, so its status
 * is deleted instead.
 */
export function editData(scene: Scene): void {
  const { resource } = scene.step;
  edit(
    scene,
    (draft) => {
      if (resource === SET_PLURAL) delete draft['status'];
      else if (resource === 'configmaps') {
        const data = child(draft, 'data');
        data['jwks.json'] = JSON.stringify(JSON.parse(text(data, 'jwks.json')), null, 4);
      } else if (draft['immutable'] !== true) {
        draft['data'] = {
          ...child(draft, 'data'),
          note: Buffer.from('by hand').toString('base64'),
        };
      } else label(draft);
    },
    resource === SET_PLURAL ? 'status' : '',
  );
}

/** The JWKS loses its youngest key. */
export function unpublish(scene: Scene): void {
  edit(scene, (draft) => {
    const data = child(draft, 'data');
    const { keys } = JSON.parse(text(data, 'jwks.json')) as { keys: JsonObject[] };
    data['jwks.json'] = JSON.stringify({ keys: keys.slice(0, -1) });
  });
}

/** Removes the labels with the set's name and the manager's, so that filtered watches lose the object. */
export function editMetadata(scene: Scene): void {
  edit(scene, (draft) => {
    if (scene.step.resource === SET_PLURAL) label(draft);
    else draft['metadata'] = { ...metadataOf(draft), labels: {} };
  });
}

/** What a policy, a backup tool or a team adds for itself: no operator may take it away again. */
export function adorn(scene: Scene): void {
  const isSet = scene.step.resource === SET_PLURAL;
  edit(scene, (draft) => {
    label(draft);
    const metadata = metadataOf(draft);
    const annotations = { ...child(metadata, 'annotations'), 'example.com/note': 'by hand' };
    draft['metadata'] = { ...metadata, annotations };
    if (isSet) hold(draft);
  });
  if (isSet) scene.world.after(HELD_MS, () => edit(scene, release));
}

/** So long someone has something of their own to do before the set may go. */
const HELD_MS = 40_000;

/** The object's content is that of before its last change, as someone writes it who read it then. */
export function revert(scene: Scene): void {
  const { world, step } = scene;
  const saved = versionsOf(world.changes, step.resource, step.name).at(-2);
  if (saved === undefined) {
    world.note('*', `${step.name} has no earlier version`);
    return;
  }
  edit(scene, (draft) => {
    const { labels = {}, annotations = {} } = metadataOf(saved);
    draft['metadata'] = { ...metadataOf(draft), labels, annotations };
    // An immutable Secret has no earlier values.
    if (draft['immutable'] !== true) draft['data'] = child(saved, 'data');
  });
}

/** Every term but S grows: by how much is another number for each. */
export function raiseTerms(scene: Scene): void {
  editTerms(scene, { tokenTTL: '31s', verifierCacheTTL: '17s' }, RAISED_TIMING);
}

const RAISED_TIMING: JsonObject = {
  sharedCacheTTL: '5s',
  publicationDelay: '4s',
  signerRefreshDelay: '9s',
  verifierLeeway: '8s',
  clockSkew: '1s',
};

/** Every term but S shrinks. The API server refuses it if the status shows that a larger one is still to be seen. */
export function lowerTerms(scene: Scene): void {
  try {
    editTerms(scene, { tokenTTL: '4s', verifierCacheTTL: '2s' }, LOWERED_TIMING);
  } catch (error) {
    if (!(error as Error).message.includes(' is invalid: ')) throw error;
    scene.world.note('*', 'the API server refuses the lower terms');
  }
}

const LOWERED_TIMING: JsonObject = {
  sharedCacheTTL: '0s',
  publicationDelay: '1s',
  signerRefreshDelay: '1500ms',
  verifierLeeway: '500ms',
  clockSkew: '1s',
};

function editTerms(scene: Scene, terms: JsonObject, timing: JsonObject): void {
  edit(scene, (draft) => {
    draft['spec'] = { ...child(draft, 'spec'), ...terms, timing };
  });
}

/** Marks the object as another set's, so that it is not this one's any longer. */
export function giveAway(scene: Scene): void {
  edit(scene, (draft) => {
    const owner = JSON.stringify({ namespace: NAMESPACE, name: 'another', uid: 'of-another' });
    const annotations = { ...child(metadataOf(draft), 'annotations'), [ANNOTATION.owner]: owner };
    draft['metadata'] = { ...metadataOf(draft), annotations };
  });
}

function edit(scene: Scene, change: (draft: JsonObject) => void, subresource = ''): void {
  const { world, step } = scene;
  withObject(scene, () => {
    world.api.hand.edit(step.resource, NAMESPACE, step.name, change, subresource);
  });
}

function label(draft: JsonObject): void {
  const labels = { ...child(metadataOf(draft), 'labels'), hand: 'was-here' };
  draft['metadata'] = { ...metadataOf(draft), labels };
}
