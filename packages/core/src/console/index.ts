export { Console } from "./console.js";
export type { ConsoleListener, ConsoleMatch, ConsoleOptions, ExpectOptions } from "./console-types.js";
export type { Keyboard, SendOptions, WriteLease } from "./console-writer.js";
export {
  type KernelMessage,
  type KernelMessageKind,
  kernelMessages,
  kernelPatterns,
  type ReadKernelMessageOptions,
  readKernelMessage,
} from "./kernel-messages.js";
export { LineSplitter } from "./line-splitter.js";
export { type PushedReadable, pushedReadable } from "./pushed-readable.js";
export {
  compilePattern,
  literalPattern,
  type Pattern,
  type PatternMatch,
  type PatternOptions,
  type Span,
} from "./regex/pattern.js";
export type { Transport } from "./transport.js";
