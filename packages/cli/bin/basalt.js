#!/usr/bin/env node
import { main } from "../dist/main.js";
import { flushOutput, processIo } from "../dist/process-io.js";

const code = await main(process.argv.slice(2), processIo());
await flushOutput();
// an action that was left behind must not keep the process
process.exit(code);
