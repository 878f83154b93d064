// Imported rather than read, so that a bundle contains it and needs no further file.
import manifest from '../package.json' with { type: 'json' };

export const VERSION = manifest.version;
