/**
 * `npm run explore -- --minutes N [--bounds 'hands=2 rotations=1'] [--path '…']`: explores the core, or
 * tells one path step by step.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { admit } from '../../src/core/guard/guard.ts';
import { plan } from '../../src/core/plan.ts';
import { ALL_BOUNDS, boundsText, parseBounds } from './bounds.ts';
import type { Share, ShareNews } from './explore-worker.ts';
import { sumOf } from './explore.ts';
import { startOf } from './explore.ts';
import { parsePath, toldPath } from './search/paths.ts';
