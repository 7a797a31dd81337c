// IAM's wildcards, matched without backtracking over the whole text: what is matched comes from the network.

/** Whether the whole text has the pattern's form: `*` is any characters or none, `?` any one. Case counts. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const wanted = [...pattern];
  const given = [...text];
  let at = 0;
  let index = 0;
  // Where to go on when what follows the last star turns out not to match; an earlier star need never be gone back to.
  let afterStar = -1;
  let starTakesUpTo = 0;
  while (index < given.length) {
    if (wanted[at] === '*') {
      at += 1;
      afterStar = at;
      starTakesUpTo = index;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[index])) {
      at += 1;
      index += 1;
    } else if (afterStar >= 0) {
      at = afterStar;
      starTakesUpTo += 1;
      index = starTakesUpTo;
    } else {
      return false;
    }
  }
  while (wanted[at] === '*') at += 1;
  return at === wanted.length;
}
