import { type Context, Reply } from "zeromq";
import type { Complain } from "../complaints.js";
import type { KeyFolder } from "../keys/key-folder.js";
import { encodeZ85 } from "../keys/z85.js";

export interface ZapOptions {
  /** That of the sockets it answers for: ZAP is asked within one context. */
  readonly context: Context;
  readonly folder: KeyFolder;
  readonly complain: Complain;
  /** It answers nobody any more: no worker gets in. */
  readonly failed: (error: Error) => void;
}

/**
 * Answers libzmq's question whether a peer may connect (ZAP 1.0, ZeroMQ RFC 27): yes, if its CURVE key lies in the folder.
 * Must be open before a socket is bound: libzmq accepts every key while nobody answers.
 */
export async function serveZap({ context, folder, complain, failed }: ZapOptions): Promise<AsyncDisposable> {
  const socket = new Reply({ context, linger: 0 });
  await socket.bind("inproc://zeromq.zap.01");
  const decide = async (frames: readonly Buffer[]): Promise<readonly [status: string, text: string]> => {
    const [version, , , address, , mechanism, key] = frames.map((frame, at) => (at === 6 ? frame : frame.toString()));
    if (version !== "1.0" || mechanism !== "CURVE" || !Buffer.isBuffer(key) || key.length !== 32) {
      complain(`zap ${address}`, `a connection from ${address} was refused: it does not use CURVE`, {
        address: `${address}`,
      });
      return ["400", "CURVE is needed"];
    }
    const publicKey = encodeZ85(key);
    await folder.refreshIfTouched();
    if (folder.allows(publicKey)) return ["200", "OK"];
    complain(
      `zap ${address} ${publicKey}`,
      `a connection from ${address} was refused: its public key "${publicKey}" is not in ${folder.dir}; if it is a worker's, put its .key file there as NAME.key`,
      { address: `${address}`, publicKey },
    );
    return ["400", "key not accepted"];
  };
  const loop = (async () => {
    try {
      for await (const frames of socket) {
        const [status, text] = await decide(frames).catch(() => ["500", "error"] as const);
        await socket.send(["1.0", frames[1] ?? "", status, text, "", ""]);
      }
    } catch (error) {
      // closing ends the wait for the next question
      if (!socket.closed) failed(error as Error);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      await loop;
    },
  };
}
