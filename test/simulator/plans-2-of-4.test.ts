import { testShare } from './plan-shard.ts';

testShare(1, 4);
