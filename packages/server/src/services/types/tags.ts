import type { Asker } from "./asking.js";

export interface TagService {
  list(asker: Asker): Promise<
    readonly {
      readonly id: number;
      readonly name: string;
      readonly description: string;
      readonly devices: readonly string[];
    }[]
  >;
  add(asker: Asker, name: string, description?: string): Promise<void>;
  remove(asker: Asker, name: string): Promise<void>;
}
