/** What all programs have in common: flags in, an exit code out. */
import { type OptionDeclarations, type OptionValues, parseOptions } from './options.ts';

export interface Program<D extends OptionDeclarations> {
  /** As it is called, such as `signing-keys serve`. */
  readonly name: string;
  readonly help: string;
  readonly options: D;
  /** @returns the exit code */
  readonly run: (values: OptionValues<D>) => Promise<number>;
  /**
   * The exit code of a failure that is told in one line, because its message says what to do; null
   * for any other, which is a bug and keeps its stack.
   */
  readonly exitCodeOf: (error: unknown) => number | null;
}

/** Reads flags and environment, runs the program, and says what stopped it. */
export async function runProgram<const D extends OptionDeclarations>(
  program: Program<D>,
  argv: readonly string[],
): Promise<number> {
  const parsed = parseOptions(program, argv, process.env);
  if (!parsed.ok) {
    process.stdout.write(parsed.stdout);
    process.stderr.write(parsed.stderr);
    return parsed.exitCode;
  }
  try {
    return await program.run(parsed.values);
  } catch (error) {
    const exitCode = program.exitCodeOf(error);
    if (exitCode === null) throw error;
    process.stderr.write(`error: ${(error as Error).message}\n`);
    return exitCode;
  }
}
