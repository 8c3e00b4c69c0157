export { backupDatabase } from "./backup/backup-database.js";
export type { BackupManifest } from "./backup/manifest.js";
export type { OnProgress, Progress } from "./backup/progress.js";
export { type Restored, restoreArchive } from "./backup/restore-archive.js";
export { restoreDatabase } from "./backup/restore-database.js";
export { type BackupFolder, writeArchive } from "./backup/write-archive.js";
