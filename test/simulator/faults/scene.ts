import type { Member } from '../world/member.ts';
import type { Step } from '../world/steps.ts';
import type { World } from '../world/world.ts';

/** Where a fault strikes. */
export interface Scene {
  readonly world: World;
  readonly member: Member;
  readonly step: Step;
}
