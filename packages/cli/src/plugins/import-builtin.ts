/** Imports a plugin that the command depends on. The bundle has another version of this file, with all of them in it. */
export const importBuiltin = (name: string): Promise<unknown> => import(/* @vite-ignore */ name);
