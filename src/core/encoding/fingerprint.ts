/** A short value for a long text: only to know the text again. */
export type Fingerprint = string;

/** 64 bits, from two runs of FNV-1a with other primes. No defence against someone who looks for two texts of one value. */
export function fingerprint(text: string): Fingerprint {
  let [first, second] = [0x811c9dc5, 0x1b873593];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second ^ code, 0x85ebca6b);
  }
  return hex(first) + hex(second);
}

function hex(hash: number): string {
  return (hash >>> 0).toString(16).padStart(8, '0');
}
