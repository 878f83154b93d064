import { testShare } from './plan-shard.ts';

testShare(0, 4);
