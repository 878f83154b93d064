/** A history as the rules look at it: who signed with what, and who could hold which JWKS. */
import { type Stint, stintsOf } from './actors/issuers.ts';
import { type PublishedSet, publishedSets } from './actors/servers.ts';
import { type Memory, memoryOf } from './memory.ts';
import type { Timeline } from './timeline.ts';

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
