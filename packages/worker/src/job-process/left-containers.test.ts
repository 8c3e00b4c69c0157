import { expect, test } from "vitest";
import { containerOf } from "./left-containers.js";

test.each([
  ["docker run --rm --name=lava-1 image sh", { client: ["docker"], name: "lava-1" }],
  [
    "/usr/bin/docker --host tcp://h:1 run --rm --name lava-2 image",
    { client: ["/usr/bin/docker", "--host", "tcp://h:1"], name: "lava-2" },
  ],
  ["podman run --name=x image", { client: ["podman"], name: "x" }],
  ["/bin/sh /opt/docker run --name x image", { client: ["/opt/docker"], name: "x" }],
  ["docker run image", undefined],
  ["docker run image --name", undefined],
  ["sleep run --name=x", undefined],
  ["", undefined],
])("%s", (line, found) => {
  expect(containerOf(line.split(" "))).toEqual(found);
});
