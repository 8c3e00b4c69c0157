interface Piece {
  /** Place of the piece's first character in the stream. */
  readonly start: number;
  text: string;
}

/** Small pieces are joined up to this length, so that a slow line does not make a million of them. */
const joinedLength = 4096;

/** Text that was received and that no match has consumed yet. Places count characters (UTF-16) from the stream's beginning. */
export class PendingText {
  #pieces: Piece[] = [];
  /** Pieces before this one are gone. */
  #head = 0;
  #start = 0;
  #end = 0;

  /** Place of the first character still kept. */
  get start(): number {
    return this.#start;
  }

  /** Place behind the last character. */
  get end(): number {
    return this.#end;
  }

  append(text: string): void {
    const last = this.#pieces.at(-1);
    if (last && this.#head < this.#pieces.length && last.text.length + text.length <= joinedLength) last.text += text;
    else this.#pieces.push({ start: this.#end, text });
    this.#end += text.length;
  }

  /** The pieces from a place on; `from` is the index in the first one. */
  *from(place: number): Generator<{ readonly text: string; readonly from: number }> {
    for (let i = this.#head; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i];
      if (!piece || piece.start + piece.text.length <= place) continue;
      yield { text: piece.text, from: Math.max(0, place - piece.start) };
    }
  }

  slice(from: number, to: number): string {
    let out = "";
    for (let i = this.#head; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i];
      if (!piece || piece.start >= to) break;
      if (piece.start + piece.text.length > from)
        out += piece.text.slice(Math.max(0, from - piece.start), Math.max(0, to - piece.start));
    }
    return out;
  }

  /** Forgets everything before a place. */
  dropTo(place: number): void {
    if (place <= this.#start) return;
    this.#start = Math.min(place, this.#end);
    for (let piece = this.#pieces[this.#head]; piece; piece = this.#pieces[++this.#head])
      if (piece.start + piece.text.length > this.#start) break;
    if (this.#head > 64 && this.#head * 2 > this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
  }
}
