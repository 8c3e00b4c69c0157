import type { VNode } from "preact";

export interface FieldView {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}

/** A line of text to filter by. */
export const Field = ({ name, label, value }: FieldView): VNode => (
  <label>
    {label} <input name={name} value={value} size={12} autocapitalize="off" />
  </label>
);

export interface ChoiceView extends FieldView {
  readonly options: readonly string[];
  /** The word for no choice; without it one has to choose. */
  readonly any?: string;
}

/** One of some words. */
export const Choice = ({ name, label, options, value, any }: ChoiceView): VNode => (
  <label>
    {label}{" "}
    <select name={name}>
      {any !== undefined && <option value="">{any}</option>}
      {options.map((option) => (
        <option value={option} selected={option === value} key={option}>
          {option}
        </option>
      ))}
    </select>
  </label>
);

export interface HealthFormView {
  /** Of the device or worker: `/devices/rack-01`. */
  readonly href: string;
  readonly health: string;
  readonly healths: readonly string[];
}

/** Sets the health of a device or a worker, for those who may. */
export const HealthForm = ({ href, health, healths }: HealthFormView): VNode => (
  <form class="inline" method="post" action={`${href}/health`}>
    <Choice name="health" label="Set health" options={healths} value={health} />
    <label class="grow">
      Reason <input name="reason" maxlength={1000} />
    </label>
    <button type="submit">Set</button>
  </form>
);
