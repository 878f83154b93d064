import { testShare } from './shard.ts';

testShare(1, 2);
