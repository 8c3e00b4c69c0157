import { Choice, Field } from "../forms.js";
import { document, type Frame } from "../frame.js";
import { deviceHref, jobHref, typeHref, workerHref } from "../links.js";
import { Pager, type PagerView } from "../pager.js";
import { type Column, Table } from "../table.js";
import { Badge } from "../words.js";
import { type DeviceRowView, deviceHealths, deviceStates } from "./device-view.js";

/** What the list was asked for; empty texts ask for nothing. */
export interface DeviceFilters {
  readonly type: string;
  readonly state: string;
  readonly health: string;
  readonly worker: string;
  readonly tag: string;
  readonly text: string;
  readonly all: boolean;
}

export interface DevicesView {
  readonly filters: DeviceFilters;
  readonly devices: readonly DeviceRowView[];
  readonly pager: PagerView;
}

/** The devices of the lab. */
export const devicesPage = (frame: Frame, { filters, devices, pager }: DevicesView): string =>
  document(frame, {
    title: "Devices",
    children: (
      <>
        <h1>
          Devices <span class="quiet">{pager.count.toLocaleString("en")}</span>
        </h1>
        <form class="filters" method="get" action="/devices">
          <Field name="text" label="Name has" value={filters.text} />
          <Field name="type" label="Type" value={filters.type} />
          <Choice name="state" label="State" options={deviceStates} value={filters.state} any="any" />
          <Choice name="health" label="Health" options={deviceHealths} value={filters.health} any="any" />
          <Field name="worker" label="Worker" value={filters.worker} />
          <Field name="tag" label="Tag" value={filters.tag} />
          <label class="check">
            <input type="checkbox" name="all" value="1" checked={filters.all} /> retired, too
          </label>
          <button type="submit">Show</button>
        </form>
        <Table caption="Devices" columns={columns} rows={devices} keyOf={({ name }) => name} empty="No such device." />
        <Pager {...pager} />
      </>
    ),
  });

const columns: readonly Column<DeviceRowView>[] = [
  { head: "Device", kind: "name", cell: ({ name }) => <a href={deviceHref(name)}>{name}</a> },
  { head: "Type", cell: ({ type }) => <a href={typeHref(type)}>{type}</a> },
  { head: "State", cell: ({ state }) => <Badge word={state} /> },
  { head: "Health", cell: ({ health }) => <Badge word={health} /> },
  { head: "Job", cell: ({ job }) => job !== null && <a href={jobHref(job)}>{job}</a> },
  {
    head: "Worker",
    cell: ({ worker }) =>
      worker === null ? <span class="quiet">none</span> : <a href={workerHref(worker)}>{worker}</a>,
  },
  { head: "Tags", kind: "wide", cell: ({ tags }) => tags.join(", ") },
];
