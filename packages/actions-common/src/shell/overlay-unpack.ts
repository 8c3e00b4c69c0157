import { posix } from "node:path";
import { asText, DispatcherToken, defineAction, FileServerToken, type JsonObject, jobError } from "@basalt/core";
import { runInShell } from "../session.js";
import { OverlayFileSlot, SessionSlot } from "../slots.js";

/** Fetches the overlay from the device's shell (`transfer_overlay`): `<download_command> http://<worker>/tmp/<path>`, then `<unpack_command> <file>`. */
export const overlayUnpack = (transfer: JsonObject) =>
  defineAction({
    name: "overlay-unpack",
    summary: "fetch and unpack the overlay in the device's shell",
    reads: { session: SessionSlot, overlay: OverlayFileSlot },
    needs: { dispatcher: DispatcherToken, fileServer: FileServerToken },
    async validate() {
      const method = asText(transfer.transfer_method) ?? "http";
      if (method === "http") return;
      throw jobError(
        "ERR_TRANSFER_METHOD",
        `transfer_overlay: transfer_method '${method}' is not supported here: give download_command and leave it out, to fetch over http`,
      );
    },
    async run({ session, overlay, fileServer }, ctx) {
      const url = await fileServer.offer(overlay, ctx.cleanup);
      await runInShell(session, `${asText(transfer.download_command) ?? "wget"} ${url}`, ctx);
      await runInShell(
        session,
        `${asText(transfer.unpack_command) ?? "tar -C / -xzf"} ${posix.basename(overlay)}`,
        ctx,
      );
    },
  });
