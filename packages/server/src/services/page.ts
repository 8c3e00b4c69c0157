import type { Knex } from "knex";
import { badRequest } from "../submit/refusals.js";
import type { Fields } from "./fields.js";
import { compileFilters, compileOrdering } from "./filters.js";
import { areQuick, readSlowly } from "./slow-lists.js";
import { allOf, type Sql, values } from "./sql.js";
import type { ListQuery, Page } from "./types.js";

const usual = 50;
const most = 1_000;
/** What OFFSET can be. */
const farthest = 2 ** 31 - 1;

/** How a resource is listed. */
export interface Listing {
  /** What follows FROM. */
  readonly from: string;
  readonly select: string;
  readonly fields: Fields;
  /** Fields that it can be ordered by. */
  readonly orderings: Readonly<Record<string, string>>;
  readonly ordering: string;
  /** Makes the order total: the column that is the key, and which way. */
  readonly tieBreak: string;
}

function whole(value: number, name: string, { from, to }: { readonly from: number; readonly to: number }): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw badRequest("ERR_PAGE", `${name}: ${value} is none: expected a whole number from ${from} to ${to}`, {
    details: { field: name },
  });
}

/** One page of what matches and may be seen. @throws ERR_FILTER_UNKNOWN, ERR_FILTER_VALUE, ERR_PAGE (400) */
export async function readPage<Row>(
  db: Knex,
  { from, select, fields, orderings, ordering, tieBreak }: Listing,
  { query, where }: { readonly query: ListQuery; readonly where: Sql },
): Promise<Page<Row>> {
  const condition = allOf([where, compileFilters(fields, query.filters)]);
  const limit = whole(query.limit ?? usual, "limit", { from: 1, to: most });
  const offset = whole(query.offset ?? 0, "offset", { from: 0, to: farthest });
  const [key] = tieBreak.split(" ");
  const order = compileOrdering(orderings, query.ordering ?? ordering) || compileOrdering(orderings, ordering);
  const read = async (on: Knex): Promise<Page<Row>> => {
    // keys first: what else a row shows is looked up for those of the page alone, not for those before it
    const rows = await on.raw(
      `select ${select} from ${from} where ${key} = any(array(
         select ${key} from ${from} where ${condition.text} order by ${order}, ${tieBreak} limit ? offset ?))
       order by ${order}, ${tieBreak}`,
      [...values(condition), limit, offset] as never[],
    );
    const items = rows.rows as Row[];
    // a page that is not full says itself how many there are
    if (items.length < limit && (items.length > 0 || offset === 0)) return { count: offset + items.length, items };
    const counted = await on.raw(`select count(*) as count from ${from} where ${condition.text}`, values(condition));
    return { count: (counted.rows as { count: number }[])[0]?.count ?? 0, items };
  };
  return areQuick(query.filters) ? read(db) : readSlowly(db, read);
}
