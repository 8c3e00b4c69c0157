/** What a page says after something was done, by the word in its address: words of ours only, so that no link can put others there. */
const notices: Readonly<Record<string, string>> = {
  submitted: "Submitted. This page follows the job.",
  resubmitted: "Submitted again: this is the new job.",
  canceled: "The job is being canceled.",
  "ended-already": "The job had ended already.",
  "health-set": "The health was set.",
  "token-removed": "The token was removed: it works no more.",
  "logged-out": "You are logged out.",
};

export const noticeOf = (word: string | null): string | undefined =>
  word !== null && Object.hasOwn(notices, word) ? notices[word] : undefined;
