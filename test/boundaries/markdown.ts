/** What the documents' tests read out of Markdown (GitHub's flavour, as far as it is used here). */

export interface Markdown {
  /** Targets of links and images, code left out. */
  readonly links: readonly string[];
  /** The anchors of its headings. */
  readonly anchors: ReadonlySet<string>;
  /** Every fenced block and every `inline code`. */
  readonly code: readonly string[];
}

export function readMarkdown(text: string): Markdown {
  const fences = [...text.matchAll(/^( *)```[^\n]*\n([\s\S]*?)^\1```/gm)];
  const prose = text.replace(/^( *)```[^\n]*\n[\s\S]*?^\1```/gm, '');
  const inline = [...prose.matchAll(/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/g)];
  const plain = prose.replace(/(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)/g, '');
  const links = [...plain.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  return {
    links: links.map((match) => match[1] ?? ''),
    anchors: anchorsOf(prose),
    code: [...fences.map((match) => match[2] ?? ''), ...inline.map((match) => match[2] ?? '')],
  };
}

/** As GitHub makes them: lower case, punctuation dropped, a number behind one that occurs twice. */
function anchorsOf(prose: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading] of prose.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = (heading ?? '')
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
