import { StringDecoder } from "node:string_decoder";

/** Longest line that is waited for; what is longer is given in pieces. */
const longestLine = 64 * 1024;

/** Cuts bytes into lines as they come: UTF-8 decoded across chunks, `\n` and a `\r` before it removed. */
export function splitLines(onLine: (line: string) => void): { push(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const emit = (line: string): void => onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  const take = (text: string): void => {
    let from = 0;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
      emit(rest + text.slice(from, at));
      rest = "";
      from = at + 1;
    }
    rest += text.slice(from);
    if (rest.length > longestLine) {
      emit(rest);
      rest = "";
    }
  };
  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== "") emit(rest);
      rest = "";
    },
  };
}
