// Examples for the plugin's page in docs/reference/plugins: a job and the device it runs on. Our tests plan them.
const job = (name, actions) => `job_name: ${name}
device_type: my-board
visibility: public
timeouts: { job: { minutes: 15 }, action: { minutes: 5 } }
actions:
${actions.trim().replaceAll(/^(?=.)/gm, "  ")}
`;
const console = "{% set connection = {'driver': 'telnet', 'host': 'ser2net-1', 'port': 7101} %}";
const outlet = "{% set power = {'driver': 'snmp', 'host': 'pdu-1', 'model': 'apc', 'outlet': 3} %}";
const login = `  auto_login: { login_prompt: "login:", username: root }
    prompts: ["root@board:~# "]`;

/** A job's blocks, on a device that lists these methods: {deploy: {NAME: null}, boot: ...} as YAML in one line each. */
export const methodExample = (name, { actions, deploy = "", boot }) => ({
  "docs/job.yaml": job(name, actions),
  "docs/device.jinja2": `{% extends 'base.jinja2' %}
${console}
${outlet}
{% block actions %}
actions:
  deploy: { connections: { serial: null }, methods: { ${deploy} } }
  boot: { connections: { serial: null }, methods: { ${boot}: null } }
{% endblock %}
`,
});

/** A device that names a driver. */
export const driverExample = (set) => ({
  "docs/device.jinja2": `{% extends 'base-serial.jinja2' %}
${set.startsWith("connection") ? outlet : console}
{% set ${set} %}
`,
});

/** A boot block that logs in. */
export const bootBlock = (method) => `- boot:
    method: ${method}
  ${login}
`;
