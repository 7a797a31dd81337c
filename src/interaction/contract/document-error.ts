// Why a document cannot be taken, in one line without the document's own line breaks.

export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

/** No document of CloneSquad's nests deeper than two; Python itself gives up at about a thousand. */
export const maxDepth = 100;

export function tooDeep(): DocumentError {
  return new DocumentError(`it is nested more than ${maxDepth} deep`);
}
