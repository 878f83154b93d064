/** What a write is made with, and how it says that it no longer fits. */
import type { Write } from '../../core/reading/model.ts';
import type { KeyPair } from '../../platform/keys/key-maker.ts';
import type { KubeClient, WriteOptions } from '../../platform/kube/client.ts';
import type { SetSnapshot } from '../reading/observe.ts';

/** The step can't be taken as planned; the next pass plans another. */
export class StepOutdated extends Error {
  override readonly name = 'StepOutdated';
  readonly code = 'STEP_OUTDATED';
}

export interface Execution {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly snapshot: SetSnapshot;
  readonly options: WriteOptions;
  /** For a CreateKeySecret: made beforehand, because it can take longer than a write may. */
  readonly keyPair: KeyPair | null;
}

export type WriteOf<Kind extends Write['kind']> = Extract<Write, { kind: Kind }>;
