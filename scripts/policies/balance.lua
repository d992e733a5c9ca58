-- SPDX-License-Identifier: MIT
-- Policy: use several modems at once, by weight. A modem that fails leaves the set, and returns when it works again.

local validate, log, multipath, policy = require "base.validate", require "log", require "multipath", require "policy"
local task = require "task"

local declared = {
  { "metric", validate.whole(1, 0xffffffff), "the metric of the default routes over all modems",
    otherwise = "from 700, IPv6 1700, the first free one" },
  { "weights", validate.map_of(validate.described(validate.text, "a USB path or an IMEI, as a text"),
    validate.whole(1, 256), 'weights such as { ["1-1.2"] = 3 }'),
    "a table of 1 to 256 by USB path (as in `moontower why`) or IMEI", otherwise = "1 each" },
  others = "reconnect",
}
local options, of_reconnect = policy.options(..., declared)
assert(policy.load("reconnect", of_reconnect)) -- reports a mistake in them now

-- By the modem's name in `moontower why` (its USB path), or its IMEI; 1 if `weights` does not name it.
local function weight_of(modem)
  local weights = options.weights or {}
  return weights[modem.description.name] or next(weights) and weights[(modem:identity() or {}).imei] or 1
end

return policy {
  name = "balance",
  summary = "Use several modems at once, by weight.",
  options = declared,

  run = function(modems)
    local set <close> = multipath.new { metric = options.metric }
    local group <close> = task.group()
    local members, tasks = {}, {}

    local function update()
      local list = {}
      for _, member in pairs(members) do list[#list + 1] = member end
      local ok, err = set:update(list)
      if not ok then log.error("%s", err) end
    end

    -- `reconnect` keeps each modem online; while it is, it is in the set.
    local function join(modem, link)
      members[modem] = { link = link, weight = weight_of(modem) }
      update()
      return task.finally(function()
        members[modem] = nil
        update()
      end)
    end
    of_reconnect.up, of_reconnect.online = { default_route = false }, join
    local reconnect = assert(policy.load("reconnect", of_reconnect))

    group:spawn(set.watch, set)
    for list in modems:changes() do
      local wanted = {}
      for _, modem in ipairs(list) do
        wanted[modem] = true
        tasks[modem] = tasks[modem] or group:spawn(reconnect.run, modem)
      end
      for modem, child in pairs(tasks) do
        if not wanted[modem] then
          child:cancel(task.unwanted)
          child:join()
          tasks[modem] = nil
        end
      end
    end
  end,
}
