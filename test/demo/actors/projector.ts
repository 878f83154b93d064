/**
 * A kubelet's part: shows Secrets and ConfigMaps as mounted folders. Each mount follows a write
 * after a delay of its own, within the declared one. As with a kubelet, a mount whose object was
 * deleted keeps what it shows.
 */

import { ProjectedVolume } from '../../support/files/projected-volume.ts';
import { receiveStart, tellDemo } from '../actor.ts';
import type { FromProjector, ProjectorStart, VolumePlan } from '../record/messages.ts';
import { type WatchedObject, watchObjects } from '../record/watch-objects.ts';

/**
 * The part of the declared delay that a mount takes. The rest is left to what comes on top: the
 * way of the watch event, the writing, and the reader's own reload.
 */
const DELAY_SHARE = {
  quick: { least: 0, most: 0.1 },
  slow: { least: 0.75, most: 0.85 },
} as const;

class Mount {
  readonly #plan: VolumePlan;
  readonly #volume: ProjectedVolume;
  #wanted: Readonly<Record<string, string>> = {};
  #isShown = false;
  /** When the oldest change that is not shown yet was seen. */
  #changedMs: number | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(plan: VolumePlan) {
    this.#plan = plan;
    this.#volume = new ProjectedVolume(plan.folder);
  }

  take(object: WatchedObject): void {
    this.#wanted = object.data ?? {};
    // A change that comes while another waits is shown with it: sooner than it had to be.
    if (this.#changedMs !== null) return;
    this.#changedMs = performance.now();
    const { least, most } = DELAY_SHARE[this.#plan.pace];
    const share = least + Math.random() * (most - least);
    // A pod starts only once its volumes are there, so the first content is not late.
    const delayMs = this.#isShown ? share * this.#plan.delayMaxMs : 0;
    setTimeout(() => {
      this.#writing = this.#writing.then(() => this.#show());
    }, delayMs);
  }

  async #show(): Promise<void> {
    const changedMs = this.#changedMs ?? performance.now();
    this.#changedMs = null;
    const encoding = this.#plan.isBase64 ? 'base64' : 'utf8';
    const files = Object.entries(this.#wanted).map(
      ([name, text]) => [name, Buffer.from(text, encoding)] as const,
    );
    const isNew = await this.#volume.project(Object.fromEntries(files));
    // Only what changes a mount counts: a label of the object does not.
    if (!isNew) return;
    const lagMs = this.#isShown ? performance.now() - changedMs : null;
    this.#isShown = true;
    const message: FromProjector = { kind: 'projected', volume: this.#plan.name, lagMs };
    tellDemo(message);
  }
}

const start = await receiveStart<ProjectorStart>();
const never = new AbortController().signal;
await Promise.all(
  start.volumes.map((plan) => {
    const mount = new Mount(plan);
    const onObject = (object: WatchedObject | null) => {
      if (object !== null) mount.take(object);
    };
    return watchObjects(start.api, plan.target, onObject, never);
  }),
);
