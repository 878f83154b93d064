/** A short value for a long text: only to know the text again. */
export type Fingerprint = string;

/** 64 bits, from two runs of FNV-1a. No defence against someone who looks for two texts of one value. */
export function fingerprint(text: string): Fingerprint {
  return hashed(text, 0x811c9dc5) + hashed(text, 0x1b873593);
}

function hashed(text: string, seed: number): string {
  let hash = seed;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}
