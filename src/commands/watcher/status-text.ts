// Text for a screen: lines of a given width, ages a person can read, and nothing from the network that moves the cursor.
import { printable } from '../../watcher/observe/text-format.ts';

/** `text`, made harmless, in lines of at most `width` characters; words that are longer are cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line: string[] = [];
  const length = (): number => line.length;
  for (const word of printable(text).split(' ')) {
    let rest = [...word];
    if (length() > 0 && length() + 1 + rest.length <= width) {
      line.push(' ', ...rest);
      continue;
    }
    if (length() > 0) lines.push(line.join(''));
    while (rest.length > width) {
      lines.push(rest.slice(0, width).join(''));
      rest = rest.slice(width);
    }
    line = rest;
  }
  return length() > 0 || lines.length === 0 ? [...lines, line.join('')] : lines;
}

/** At most `count` of the lines; the last one says when there were more. */
export function atMost(lines: readonly string[], count: number, width: number): string[] {
  if (lines.length <= count) return [...lines];
  const last = [...(lines[count - 1] ?? '')].slice(0, width - 3).join('');
  return [...lines.slice(0, count - 1), `${last}...`];
}

/** The time of day in UTC, with the date when it was not today: `10:02:11Z`, `2026-11-21 10:02:11Z`. */
export function timeOfDay(iso: string, at: string): string {
  const [date, time = ''] = iso.replace(/\.\d+Z$/, 'Z').split('T');
  return at.startsWith(`${date}T`) ? time : `${date} ${time}`;
}

/** The seconds from `from` to `to`, not negative: clocks are set. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

/** What took not long: `38 ms`, `1.2 s`. */
export function shortly(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** `4 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** `10:02:11Z (3 min ago)`. */
export function past(iso: string, at: string): string {
  const seconds = secondsBetween(iso, at);
  return `${timeOfDay(iso, at)} (${seconds < 1 ? 'just now' : `${duration(seconds)} ago`})`;
}

/** `10:12:11Z (in 6 min)`. */
export function future(iso: string, at: string): string {
  return `${timeOfDay(iso, at)} (in ${duration(secondsBetween(at, iso))})`;
}
