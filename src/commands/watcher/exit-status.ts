// The exit statuses that others script against.

export const EXIT = {
  done: 0,
  error: 1,
  usage: 2,
  notRunning: 6,
  locked: 75,
} as const;
