-- SPDX-License-Identifier: MIT
-- Policy: write the figures of all modems to a file that node_exporter reads (--collector.textfile.directory).

local fs, log, metrics = require "core.fs", require "log", require "metrics"
local policy, task, validate = require "policy", require "task", require "base.validate"

local function is_file(value) return type(value) == "string" and value:find "^/.*%.prom$" ~= nil end

local declared = {
  { "file", { is_file, "an absolute path that ends in .prom", type = "text" }, "the file, which ends in `.prom`",
    default = "/var/lib/prometheus/node-exporter/moontower.prom" },
  { "every", validate.seconds, "seconds from one writing to the next", default = 60 },
  { "identify", validate.flag, "the IMEI and the ICCID are told, too, as labels" },
}
local options = policy.options(..., declared)

local function write(modems)
  local functions = {}
  for i, modem in ipairs(modems) do
    functions[i] = function() return metrics.look(modem, options.identify) end
  end
  local seen, err = task.all(table.unpack(functions))
  local text = seen and metrics.text(seen, "prometheus")
  if text then
    seen, err = fs.write_atomic(options.file, text)
  end
  return seen ~= nil, err
end

return policy {
  name = "metrics",
  summary = "Write figures of all modems to a file, for Prometheus.",
  options = declared,
  observes = true,

  run = function(modems)
    -- Old figures would be taken for new ones.
    local _ <close> = task.finally(function() fs.remove(options.file) end)
    local told
    for _ in task.every(options.every) do
      local ok, err = write(modems:list())
      if not ok and tostring(err) ~= told then
        log.warn("cannot write %s: %s", options.file, err)
      end
      told = not ok and tostring(err) or nil
    end
  end,
}
