export {
  type DaemonLogFormat,
  type DaemonLogOptions,
  daemonLogFormats,
  daemonLogLevels,
  makeDaemonLog,
} from "./log/make-daemon-log.js";
