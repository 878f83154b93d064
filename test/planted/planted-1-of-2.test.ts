import { testShare } from './shard.ts';

testShare(0, 2);
