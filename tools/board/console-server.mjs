import { rm } from "node:fs/promises";
import { createServer } from "node:net";

const listen = (server, ...where) =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(...where, () => resolve(server));
  });

/**
 * A console server in front of the board's serial port, as labs have one: raw TCP on 127.0.0.1, one user at a time, and it stays when
 * the board loses its power. The board (QEMU) connects to the socket file when it starts, so that nothing it says is lost.
 *
 * `pass(bytes)` sees what the board says and gives what users get of it: tests lose some there. `onEvent(kind, text)` hears all of it:
 * `power` when the board comes up, `board` what it says, `user` what is typed, `refused` when a second user is turned away.
 */
export async function openConsoleServer({ port = 0, socketFile, pass = (bytes) => bytes, onEvent = () => {} }) {
  let board;
  let user;
  const all = new Set();
  const keep = (socket) => {
    all.add(socket);
    socket.on("close", () => all.delete(socket)).on("error", () => socket.destroy());
  };
  const watchers = new Set();
  const state = {
    pass,
    onEvent(kind, text) {
      for (const watcher of watchers) watcher(kind, text);
      onEvent(kind, text);
    },
  };
  await rm(socketFile, { force: true });
  const boards = await listen(
    createServer((socket) => {
      keep(socket);
      board = socket;
      state.onEvent("power", "");
      socket.on("data", (bytes) => {
        state.onEvent("board", bytes.toString("latin1"));
        user?.write(state.pass(bytes));
      });
      socket.on("close", () => {
        if (board === socket) board = undefined;
      });
    }),
    socketFile,
  );
  const users = await listen(
    createServer({ noDelay: true }, (socket) => {
      keep(socket);
      // ser2net's words to a second user
      if (user) {
        state.onEvent("refused", "");
        return socket.end("Port already in use\r\n");
      }
      user = socket;
      socket.on("data", (bytes) => {
        state.onEvent("user", bytes.toString("latin1"));
        board?.write(bytes);
      });
      socket.on("close", () => {
        if (user === socket) user = undefined;
      });
    }),
    port,
    "127.0.0.1",
  );
  return {
    port: users.address().port,
    /** Replaces what becomes of the board's words on their way. */
    setPass(change) {
      state.pass = change;
    },
    /** Replaces who hears of everything. */
    setListener(change) {
      onEvent = change;
    },
    /** Adds somebody who hears of everything, for as long as the server runs. */
    watch: (watcher) => void watchers.add(watcher),
    /** Types on the board's line, whoever is its user. */
    type: (text) => void board?.write(text),
    /** Hangs up on the user, as a console server does that is restarted. */
    hangUp: () => user?.destroy(),
    async [Symbol.asyncDispose]() {
      for (const socket of all) socket.destroy();
      await Promise.all([boards, users].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
