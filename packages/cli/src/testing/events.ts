import type { DaemonLog } from "@basalt/core";

/** Things that happened, in order, and a way to wait for one instead of sleeping. */
export class Events {
  readonly all: string[] = [];
  readonly #waiting = new Set<() => void>();

  add(event: string): void {
    this.all.push(event);
    this.changed();
  }

  /** Something that {@link until} may wait for changed. */
  changed(): void {
    for (const check of [...this.#waiting]) check();
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  async seen(part: string, times = 1): Promise<void> {
    await this.until(() => this.count(part) >= times);
  }

  count(part: string): number {
    return this.all.filter((event) => event.includes(part)).length;
  }

  /** A log that writes here. */
  get log(): DaemonLog {
    const at = (level: string) => (message: string) => this.add(`${level}: ${message}`);
    return { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
  }
}
