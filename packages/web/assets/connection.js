// Tells whether the page is up to date: scripts that ask the server for news say here how that went.
const patience = 10_000;
const box = document.querySelector("#connection");

function say(text) {
  if (box && box.textContent !== text) box.textContent = text;
}

/** Asks the server. Throws where it can't be reached or does not answer as it should, and says so on the page until it does again. */
export async function askServer(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(patience) });
  } catch (error) {
    say("The server can't be reached: what you see may be old. Trying again…");
    throw error;
  }
  if (answer.ok) {
    say("");
    return answer;
  }
  say(
    answer.status < 500
      ? "The server shows you no more of this: load the page again, or log in."
      : "The server has trouble: what you see may be old. Trying again…",
  );
  throw new Error(`${path}: ${answer.status}`);
}

const longest = 60_000;

/**
 * A socket that comes back when it was closed, until `isOver`: after `again` milliseconds, and more seldom each time where it is refused.
 * Calls `ring` for what it is told, and when it was away.
 */
export function listen(pathOf, { ring, isOver, again }, pause = again) {
  let wait = pause;
  const socket = new WebSocket(new URL(pathOf(), location.href.replace(/^http/, "ws")));
  socket.addEventListener("open", () => {
    wait = again;
  });
  socket.addEventListener("message", ring);
  socket.addEventListener("close", () => {
    ring();
    setTimeout(() => {
      if (!isOver()) listen(pathOf, { ring, isOver, again }, Math.min(2 * wait, longest));
    }, wait);
  });
}
