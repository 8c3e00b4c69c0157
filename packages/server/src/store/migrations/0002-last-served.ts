import type { Knex } from "knex";

/** The scheduler asks who was served last: of equals, the others come first. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw("create index jobs_by_start on jobs (submitter, start_time desc) where start_time is not null");
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw("drop index jobs_by_start");
}
