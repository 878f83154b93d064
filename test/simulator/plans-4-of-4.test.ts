import { testShare } from './plan-shard.ts';

testShare(3, 4);
