#!/usr/bin/env node
// A stand-in for QEMU where there is none: see the README of @basalt/testing.
import { runSimulatedQemu } from "../dist/qemu/simulated-qemu.js";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => stop.abort());
if (process.stdin.isTTY) process.stdin.setRawMode(true);
const status = await runSimulatedQemu(process.argv.slice(2), {
  input: process.stdin,
  write: (bytes) => process.stdout.write(bytes),
  error: (text) => process.stderr.write(text),
  signal: stop.signal,
  options: process.env.BASALT_SIMULATED_BOARD,
});
process.exit(status);
