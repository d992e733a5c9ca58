-- SPDX-License-Identifier: MIT
-- moontower metrics: figures of all modems for Prometheus, in OpenMetrics. The policy of that name writes them to a
-- file.

local metrics = require "metrics"
local modem = require "modem"
local task = require "task"
local validate = require "base.validate"

-- A modem that another program has, or that does not answer, is told as such.
local function look(description, args)
  local found <close> = modem.find(description.control, { patience = 0 })
  return found and metrics.look(found, args.identify) or metrics.unknown(description)
end

return {
  summary = "Print figures of all modems in OpenMetrics, for Prometheus.",
  description = "Print the state, network, signal and traffic of all modems in OpenMetrics. In the daemon they include "
    .. "what it believes and has tried. The policy `metrics` writes them to a file for node_exporter.",

  options = {
    { "--format", validate.one_of { "openmetrics", "prometheus" }, "How they are written", default = "openmetrics" },
    { "--identify", validate.flag, "Tell the IMEI and the ICCID, too, as labels of moontower_modem_info" },
  },

  run = function(args)
    local list, err = modem.list()
    if err then
      return nil, err
    end
    local functions = {}
    for i, description in ipairs(list) do
      functions[i] = function() return look(description, args) end
    end
    local seen
    seen, err = task.all(table.unpack(functions))
    if not seen then
      return nil, err
    end
    print((metrics.text(seen, args.format):gsub("\n$", "")))
    return 0
  end,
}
