/** A scalar that PyYAML refuses, with the reason. */
export class Refused {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}
