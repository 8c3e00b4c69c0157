const epochMs = Date.UTC(2025, 0, 1);

/**
 * The id of a job that no server numbered: hundredths of a second since 2025, so that a later job has a higher one, as on a server. It is
 * short because it is typed at boards, in the path of the test's files.
 */
export const localJobId = (nowMs: number): string => String(Math.floor(Math.max(0, nowMs - epochMs) / 10));
