import { encodeMessage, type ServerMessage } from "@basalt/core";
import type { Router } from "zeromq";
import type { Complain } from "../complaints.js";
import type { Entry } from "./session-table.js";

/** Sends to a connection; false if nobody is there. */
export type Push = (entry: Entry, message: ServerMessage) => boolean;

/** Sends at once or not at all: there is no queue but libzmq's own, which is bounded. */
export const makePush =
  (router: Router, complain: Complain): Push =>
  (entry, message) => {
    if (router.closed || entry.unreachable) return false;
    router.send([entry.routingId, ...encodeMessage(message)]).catch((error: NodeJS.ErrnoException) => {
      const name = entry.session?.name ?? entry.hello?.name;
      if (error.code === "EHOSTUNREACH") entry.unreachable = true;
      else complain(`send ${name}`, `${message.type} was not sent to ${name}: ${error.message}`);
    });
    return true;
  };
