-- SPDX-License-Identifier: MIT
-- moontower down: takes the modem offline, and the host back to how it was.

local journal = require "link.journal"
local modem = require "modem"
local up = require "modem.up"

-- Also for a modem that is gone, or does not answer any more: the host's side never depends on it.
local function take_down(args)
  journal.repair()
  local description, err = modem.select(args.device)
  if not description then
    return nil, err
  end
  local record = up.record(description)
  local name = record and record.net or description.net
  local was_up = name and journal.take_down(name) or false
  if record then
    local opened
    opened, err = modem.open(description)
    local device <close> = opened
    local ok
    if device then
      ok, err = up.down(device, record)
    end
    if not ok then
      return nil, err
    end
  end
  return { device = description.control, link = name, was_online = was_up or record ~= nil }
end

return {
  summary = "Take the modem offline, and everything back that `up` changed on this computer.",

  arguments = function(parser)
    parser:option("-d --device", "Which modem: /dev/cdc-wdm0, wwan0, or its USB path.")
    parser:flag("--json", "Print one JSON object, for programs.")
  end,

  run = function(args)
    local result, err = take_down(args)
    if not result then
      return nil, err
    elseif args.json then
      print(require("dkjson").encode(result, { indent = true }))
    else
      print(("%s is offline%s"):format(result.device, result.was_online and "" or ", and was so before"))
    end
    return 0
  end,
}
