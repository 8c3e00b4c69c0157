/** A piece of SQL with its values, as knex.raw takes them. Pieces are only ever made of texts of our own; what people say is a value. */
export interface Sql {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

export type SqlValue = string | number | boolean | Date | null | readonly string[] | readonly number[];

export const sql = (text: string, ...values: SqlValue[]): Sql => ({ text, values });
export const always: Sql = sql("true");

const joined =
  (word: string, none: string) =>
  (parts: readonly Sql[]): Sql =>
    parts.length === 0
      ? sql(none)
      : {
          text: parts.map(({ text }) => `(${text})`).join(` ${word} `),
          values: parts.flatMap(({ values }) => values),
        };

export const allOf = joined("and", "true");
export const anyOf = joined("or", "false");
export const not = ({ text, values }: Sql): Sql => ({ text: `not (${text})`, values });

/** Puts a piece where `%` stands in a text that has no values of its own. */
export const within = (text: string, { text: inner, values }: Sql): Sql => ({
  text: text.replace("%", () => inner),
  values,
});

/** For knex.raw, whose types want arrays that may change. */
export const values = ({ values: list }: Sql): never[] => [...list] as never[];
