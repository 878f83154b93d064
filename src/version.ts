// Imported rather than read, so that a bundle holds it and needs no file beside it.
import manifest from '../package.json' with { type: 'json' };

export const VERSION = manifest.version;
