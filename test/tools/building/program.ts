/** A program that is built from a Go module which pins every source by hash. */
export interface Program {
  /** Its file's name in the cache. */
  readonly name: string;
  readonly goPackage: string;
  /** The folder with the `go.mod`. */
  readonly moduleFolder: string;
  /** What it says of itself when it is asked with `versionArgs`. */
  readonly version: string;
  readonly versionArgs: readonly string[];
  readonly linkerFlags: string;
  /** How long its build takes on two cores with nothing downloaded yet. */
  readonly usualTime: string;
  /** What one may do instead if there is no Go, as in "install Go, or …". */
  readonly withoutGo: string;
}

/** No symbols: nobody debugs these programs. */
export const STRIPPED = '-s -w';
