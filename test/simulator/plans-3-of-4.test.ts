import { testShare } from './plan-shard.ts';

testShare(2, 4);
