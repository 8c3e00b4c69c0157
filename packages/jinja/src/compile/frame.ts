import { JinjaError, limitError } from "../errors.js";
import type { Context } from "../runtime/context.js";
import type { Value } from "../runtime/values.js";
import type { Place } from "../syntax/nodes.js";
import type { CompiledTemplate } from "./template.js";

/** What one call of a compiled function works on: its variables, its output and where it is. */
export class Frame {
  readonly slots: (Value | undefined)[];
  out = "";
  /** Packed place of what is being evaluated, see {@link pack}. */
  at = 0;
  parentTemplate: CompiledTemplate | undefined = undefined;

  constructor(
    readonly context: Context,
    slots: number,
    readonly up: Frame | undefined,
  ) {
    this.slots = new Array<Value | undefined>(slots).fill(undefined);
  }
}

/** A compiled expression. */
export type Evaluate = (frame: Frame) => Value;
/** A compiled statement. */
export type Execute = (frame: Frame) => void;

const columnBits = 0x10000;

/** A place as one number. */
export const pack = (place: Place): number => place.lineno * columnBits + Math.min(place.colno, columnBits - 1);

/** Runs a function's body and tells errors that leave it where in which template they happened. */
export function runFrame(frame: Frame, template: string, body: Execute): string {
  try {
    body(frame);
    return frame.out;
  } catch (error) {
    throw located(error, frame, template);
  }
}

function located(error: unknown, frame: Frame, template: string): unknown {
  const known =
    error instanceof RangeError && /call stack/i.test(error.message)
      ? limitError("the template is nested too deeply for the stack and the render was stopped")
      : error;
  if (!(known instanceof JinjaError)) return known;
  return known.locate({ template, line: Math.floor(frame.at / columnBits), column: frame.at % columnBits });
}
