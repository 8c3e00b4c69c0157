import { makeJobLife, type Store, writeDocument } from "@basalt/server";

const dictionary = (name: string, outlet: string): string => `
hostname: ${name}
devicetype: fake
constants: {}
parameters: {}
power: {driver: fake-outlet, file: ${outlet}}
actions: {boot: {methods: {fake: null}}}
timeouts: {actions: {}, connections: {}}
`;

export interface FakeDevice {
  readonly name: string;
  readonly worker: string;
  /** File of its outlet. */
  readonly outlet: string;
}

/** Whoever submits. */
export const ann = {
  id: 0,
  username: "ann",
  isSuperuser: true,
  isStaff: true,
  groups: new Set<number>(),
  permissions: new Set<string>(),
};

/** Puts fake boards into a lab, and a user, and writes down each change of a job's state where nothing but the database can make one. */
export async function addFakeDevices(store: Store, devices: readonly FakeDevice[]): Promise<typeof ann> {
  return store.transaction(async (trx) => {
    const [user] = await trx("users").insert({ username: "ann", is_superuser: true }).returning("id");
    for (const { worker } of devices) await trx("workers").insert({ name: worker }).onConflict("name").ignore();
    await trx("device_types").insert({ name: "fake" });
    for (const { name, worker, outlet } of devices) {
      await trx("devices").insert({ name, device_type: "fake", worker, health: "Good" });
      await writeDocument(trx, { kind: "device", name, text: dictionary(name, outlet), author: "test" });
    }
    await trx.raw(`
      create table test_transitions (id bigint generated always as identity, job integer, state text, health text, device text);
      create function test_note_state() returns trigger language plpgsql as $$ begin
        insert into test_transitions (job, state, health, device) values (new.id, new.state, new.health, new.actual_device);
        return new;
      end $$;
      create trigger test_transitions after update of state on jobs for each row when (old.state <> new.state)
        execute function test_note_state();`);
    return { ...ann, id: user.id };
  });
}

export const cancelJob = (store: Store, clock: Parameters<typeof makeJobLife>[1], job: number): Promise<boolean> =>
  makeJobLife(store, clock).cancel(job, { author: "ann" });
