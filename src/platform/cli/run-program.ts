/** What all programs do: read flags, run, and return an exit code. */
import { type OptionDeclarations, type OptionValues, parseOptions } from './options.ts';

export interface Program<D extends OptionDeclarations> {
  /** As users call it, such as `signing-keys serve`. */
  readonly name: string;
  readonly help: string;
  readonly options: D;
  /** @returns the exit code */
  readonly run: (values: OptionValues<D>) => Promise<number>;
  /**
   * The exit code of a failure whose message says what to do, so that one line is enough. Null for any
   * other failure, which is a bug and is shown with its stack.
   */
  readonly exitCodeOf: (error: unknown) => number | null;
}

/** Reads flags and environment, runs the program, and prints what stopped it. */
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
