-- SPDX-License-Identifier: MIT
-- Policy: as reconnect, with a ladder of your own: which rungs there are, how long each rests, and a last program.

local ladder, policy = require "ladder", require "policy"

local options, of_reconnect = policy.options(..., { rungs = "table", cooldowns = "table", hook = "table" }, true)

local is_rung = {}
for _, usual in ipairs(ladder.rungs) do is_rung[usual.name] = true end
for _, named in ipairs { options.rungs or {}, options.cooldowns or {} } do
  for name in pairs(named) do
    if not is_rung[name] then
      error(("there is no rung '%s'; modules/ladder/rungs.lua has them all"):format(name))
    end
  end
end

-- The usual ones, but for those that `rungs` leaves out; `cooldowns` are seconds by their name.
local rungs = {}
for _, usual in ipairs(ladder.rungs) do
  if not options.rungs or options.rungs[usual.name] then
    local rung = setmetatable({ cooldown = (options.cooldowns or {})[usual.name] }, { __index = usual })
    table.insert(rungs, rung)
  end
end
if options.hook then
  table.insert(rungs, ladder.hook(options.hook))
end

of_reconnect.ladder = rungs
local reconnect = assert(policy.load("reconnect", of_reconnect))

return policy {
  name = "ladder",
  summary = "As reconnect, with rungs, cool-downs and a last program of your choice.",
  each = reconnect.each,
  run = reconnect.run,
}
