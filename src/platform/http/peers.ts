/** Who is at the other end of a connection, and who has how many. */

/**
 * Whose connection it is, by its address: one IPv4 address, or the 64 bits of an IPv6 address that
 * name its network, because one machine can have all addresses of it.
 * @param address as node:net writes it; undefined for a connection that is closed already
 */
export function peerOf(address: string | undefined): string {
  if (address === undefined) return '';
  if (address.includes('.')) return address.replace(/^::ffff:/i, '');
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::');
  const before = groupsOf(head);
  // `::` stands for as many zeros as are missing.
  const zeros = Math.max(0, 8 - before.length - groupsOf(tail).length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...groupsOf(tail)];
  return groups.slice(0, 4).join(':');
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

/** One who has members. */
export interface Peer<Member> {
  readonly name: string;
  /** The least recently active first. */
  readonly members: Set<Member>;
}

/** Members by peer. Each operation takes the same time, however many there are. */
export class Peers<Member> {
  readonly #byName = new Map<string, Peer<Member>>();
  /** Index n has the peers with n members. */
  readonly #bySize: Set<Peer<Member>>[] = [];
  #sizeMax = 0;

  sizeOf(name: string): number {
    return this.#byName.get(name)?.members.size ?? 0;
  }

  /** The peer of this name. It is known from its first member on, and until its last is removed. */
  of(name: string): Peer<Member> {
    return this.#byName.get(name) ?? { name, members: new Set() };
  }

  add(peer: Peer<Member>, member: Member): void {
    this.#byName.set(peer.name, peer);
    this.#resize(peer, () => peer.members.add(member));
    this.#sizeMax = Math.max(this.#sizeMax, peer.members.size);
  }

  /** Notes that the member is active. */
  touch({ members }: Peer<Member>, member: Member): void {
    if (members.delete(member)) members.add(member);
  }

  remove(peer: Peer<Member>, member: Member): void {
    this.#resize(peer, () => peer.members.delete(member));
    if (peer.members.size === 0) this.#byName.delete(peer.name);
    // It loses one at a time, so the next size below is taken.
    if (this.#sizeMax > 0 && (this.#bySize[this.#sizeMax]?.size ?? 0) === 0) this.#sizeMax--;
  }

  /** The member of this peer that has been inactive the longest. */
  longestIdleOf(name: string): Member | undefined {
    return this.#byName.get(name)?.members.values().next().value;
  }

  /** The one that has been inactive the longest, of the peer that has the most. */
  longestIdle(): Member | undefined {
    const largest = this.#bySize[this.#sizeMax]?.values().next().value;
    return largest?.members.values().next().value;
  }

  #resize(peer: Peer<Member>, change: () => void): void {
    const { members } = peer;
    this.#bySize[members.size]?.delete(peer);
    change();
    if (members.size === 0) return;
    this.#bySize[members.size] ??= new Set();
    this.#bySize[members.size]?.add(peer);
  }
}
