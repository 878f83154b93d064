/** One file of the folder: its last good content, and what is wrong with the present one. */
import type { FileContent } from '../platform/files/projected-folder.ts';
import type { FileProblem } from './documents.ts';

export class ServedFile<Document> {
  readonly name: string;
  good: Document | null = null;
  problem: string | null = null;
  readonly #isOptional: boolean;
  readonly #judge: (bytes: Uint8Array) => Document | FileProblem;
  #seen: FileContent | undefined;

  /** @param isOptional if it is not there, there is nothing wrong, and the last good content goes */
  constructor(
    name: string,
    judge: (bytes: Uint8Array) => Document | FileProblem,
    isOptional: boolean,
  ) {
    this.name = name;
    this.#judge = judge;
    this.#isOptional = isOptional;
  }

  /** @returns whether there is anything to report: other content than at the read before. */
  take(content: FileContent): boolean {
    if (this.#seen !== undefined && sameContent(this.#seen, content)) return false;
    const isFirst = this.#seen === undefined;
    this.#seen = content;
    if (content === null && this.#isOptional) {
      this.good = null;
      this.problem = null;
      return !isFirst;
    }
    const judged = this.#judgeContent(content);
    if (isProblem(judged)) {
      this.problem = judged.problem;
    } else {
      this.good = judged;
      this.problem = null;
    }
    return true;
  }

  #judgeContent(content: FileContent): Document | FileProblem {
    if (content === null) return { problem: 'it is not there' };
    return content instanceof Uint8Array ? this.#judge(content) : content;
  }
}

function isProblem(value: unknown): value is FileProblem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

function sameContent(a: FileContent, b: FileContent): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (isProblem(a) && isProblem(b)) return a.problem === b.problem;
  return a === b;
}
