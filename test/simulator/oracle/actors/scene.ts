/** A history as the rules look at it: who signed with what, and who could hold which JWKS. */

import { type Memory, memoryOf } from '../facts/memory.ts';
import type { Timeline } from '../facts/timeline.ts';
import { type Stint, stintsOf } from './issuers.ts';
import { type PublishedSet, publishedSets } from './servers.ts';

export interface Scene {
  readonly timeline: Timeline;
  readonly memory: Memory;
  readonly stints: readonly Stint[];
  readonly published: readonly PublishedSet[];
}

export function sceneOf(timeline: Timeline): Scene {
  const memory = memoryOf(timeline);
  return {
    timeline,
    memory,
    stints: stintsOf(timeline, memory),
    published: publishedSets(timeline, memory),
  };
}
