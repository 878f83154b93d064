/** Opens a node's namespaces, with a mount and a process in them, and waits to be killed. */
import { openEnclosure } from './host/enclosure.ts';
import { linkNode } from './host/network.ts';
import { takePlace } from './host/place.ts';
import { ensureNodePrograms } from './programs.ts';

const programs = await ensureNodePrograms(() => undefined);
const place = await takePlace();
place.cgroup.make();
const enclosure = await openEnclosure(place, programs.pause);
await linkNode(place, enclosure);
await enclosure.run('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
const sleeper = await enclosure.start('sleeper', 'sleep', ['infinity']);
const { folder, link, cgroup } = place;
const told = { folder, link, cgroups: cgroup.folders(), pids: [enclosure.pid, sleeper.pid] };
process.stdout.write(`${JSON.stringify(told)}\n`);
setInterval(() => undefined, 60_000);
