import { HANDS, type HandsAddress } from './hands-server.ts';

export type Hand = keyof typeof HANDS;

/** Does one thing to the node; resolves when it has been done. */
export async function askHand(
  { url, token }: HandsAddress,
  hand: Hand,
  query: Readonly<Record<string, string>> = {},
): Promise<void> {
  const answer = await fetch(`${url}${HANDS[hand]}?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers: { Authorization: token },
  });
  if (!answer.ok) throw new Error(`${hand} failed: ${await answer.text()}`);
}
