import pg from "pg";

const int8 = 20;
const numeric = 1700;
const int8Array = 1016;
const numericArray = 1231;

/** pg-types has had this parser with two interfaces; the one that pg 8 brings is not the one of its types. */
const arrays = pg.types.arrayParser as unknown as {
  create(text: string, each: (text: string) => unknown): { parse(): unknown };
};
const asArray = (each: (text: string) => unknown) => (text: string) => arrays.create(text, each).parse();

/** bigint: our counts and ids stay below 2^53; a number is what JSON and arithmetic want. */
const parsers = new Map<number, (text: string) => unknown>([
  [int8, Number],
  [int8Array, asArray(Number)],
  // numeric stays text: measurements are written back digit for digit
  [numeric, (text) => text],
  [numericArray, asArray((text) => text)],
]);

/** How values come out of the database: bigint as number, numeric as string, timestamptz as Date (pg's own), jsonb parsed. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: string) {
    const ours = format === "binary" ? undefined : parsers.get(oid);
    return ours ?? pg.types.getTypeParser(oid, format as "text");
  },
};
