-- SPDX-License-Identifier: MIT
-- Policy: as reconnect, with a ladder of your own: which rungs there are, how long each rests, and a last program.

local validate, ladder, policy = require "base.validate", require "ladder", require "policy"

local names = {}
for i, usual in ipairs(ladder.rungs) do names[i] = usual.name end
local is_rung = validate.one_of(names)

local options, of_reconnect = policy.options(..., {
  rungs = validate.map_of(is_rung, validate.flag, 'rungs such as { ["reset"] = true }'),
  cooldowns = validate.map_of(is_rung, validate.seconds_or_none, 'seconds such as { ["reset"] = 3600 }'),
  hook = validate.command,
}, { others = true })

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
