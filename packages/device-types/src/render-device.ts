import type { JsonObject } from "@basalt/core";
import type { Environment } from "@basalt/jinja";

/** A dictionary to render. */
export interface RenderDevice {
  /** The dictionary's template name, as the environment's loader knows it. */
  readonly template: string;
  /** The device's name: `scheduled_device_name` in templates. */
  readonly hostname: string;
  /** Its type: `scheduled_device_type` in templates. */
  readonly type?: string;
  /** What the job may set; see {@link jobContext}. */
  readonly context?: JsonObject;
}

/**
 * Renders a device dictionary for a job. Strongest first: what a template hard-codes, the dictionary's `{% set %}`, the next template
 * down, the job's context, the template's default: `{% set %}` always beats the context, which fills only what nobody set.
 * @throws JinjaError (configuration) with template, line and column
 */
export function renderDevice(
  environment: Environment,
  { template, hostname, type, context = {} }: RenderDevice,
): string {
  return environment.render(template, {
    ...context,
    scheduled_device_name: hostname,
    ...(type === undefined ? {} : { scheduled_device_type: type }),
  });
}

/** The template a dictionary extends: `{% extends "qemu.jinja2" %}` in its text. */
export const extendedTemplate = (source: string): string | undefined =>
  /\{%[-+]?\s*extends\s+(["'])(.+?)\1/.exec(source)?.[2];

/** A device type's name: that of the template its dictionary extends, without `.jinja2`. */
export const typeOfDictionary = (source: string): string | undefined =>
  extendedTemplate(source)?.replace(/\.jinja2$/, "");
