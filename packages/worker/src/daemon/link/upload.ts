/** A LOG that the server has not answered yet. */
interface InFlight {
  readonly end: number;
  readonly bytes: number;
  readonly at: number;
}

/** What an answer of the server changed. */
export interface Acknowledged {
  /** Bytes that are no longer under way. */
  readonly freedBytes: number;
  /** How long the newest answered LOG was under way, where one was. */
  readonly latencyMs: number | undefined;
}

/**
 * How far one job's log is at the server: a sliding window that goes back to the line the server asks for.
 * Line numbers are 0-based; `next` of LOG_OK is the first line the server does not have. Pure: times come from outside.
 */
export interface Upload {
  /** Lines the server has, as far as we know. */
  readonly acked: number;
  /** Next line to send. */
  readonly sent: number;
  /** Whether the server has said in this session where it stands. */
  readonly isSynced: boolean;
  readonly inFlight: number;
  readonly bytesInFlight: number;
  /** When the oldest unanswered message was sent, if any. */
  readonly waitingSince: number | undefined;
  /** The server has to be asked where it stands: at a session's begin, or when an answer is missing. */
  restart(): void;
  /** Asked with an empty LOG. */
  probed(now: number): void;
  /** Whether the question is under way. */
  readonly isProbing: boolean;
  sentPart(part: { readonly count: number; readonly bytes: number; readonly now: number }): void;
  acknowledge(next: number, now: number): Acknowledged;
}

export function makeUpload(): Upload {
  let acked = 0;
  let sent = 0;
  let isSynced = false;
  let probedAt: number | undefined;
  /** Went back already for this gap: the answers to what was under way say the same once more. */
  let wentBack = false;
  let inFlight: InFlight[] = [];
  const sum = (list: readonly InFlight[]): number => list.reduce((total, { bytes }) => total + bytes, 0);
  const goTo = (line: number): void => {
    sent = line;
    inFlight = [];
  };
  return {
    get acked() {
      return acked;
    },
    get sent() {
      return sent;
    },
    get isSynced() {
      return isSynced;
    },
    get inFlight() {
      return inFlight.length;
    },
    get bytesInFlight() {
      return sum(inFlight);
    },
    get waitingSince() {
      return inFlight[0]?.at ?? probedAt;
    },
    get isProbing() {
      return probedAt !== undefined;
    },
    restart() {
      isSynced = false;
      probedAt = undefined;
      wentBack = false;
      goTo(acked);
    },
    probed(now) {
      probedAt = now;
    },
    sentPart({ count, bytes, now }) {
      sent += count;
      inFlight.push({ end: sent, bytes, at: now });
    },
    acknowledge(next, now) {
      const before = sum(inFlight);
      const answered = inFlight.filter(({ end }) => end <= next);
      inFlight = inFlight.filter(({ end }) => end > next);
      const latest = answered.at(-1);
      probedAt = undefined;
      if (!isSynced) {
        isSynced = true;
        acked = next;
        goTo(next);
      } else if (next > acked) {
        acked = next;
        wentBack = false;
        if (sent < next) goTo(next);
      } else if (next < acked || (inFlight.length > 0 && !wentBack)) {
        // a gap, or the server has lost lines it had: from there again
        acked = next;
        wentBack = true;
        goTo(next);
      }
      return { freedBytes: before - sum(inFlight), latencyMs: latest && now - latest.at };
    },
  };
}
