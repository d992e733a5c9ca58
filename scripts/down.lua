-- SPDX-License-Identifier: MIT
-- moontower down: takes the modem offline, and the host back to how it was.

local errors = require "errors"
local journals = require "link.journal"
local modem = require "modem"
local repair = require "repair"
local up = require "modem.up"
local wrap = require "terminal.wrap"

local function disconnect(device, record, sessions)
  local ok, err = true, nil
  if record then
    ok, err = up.down(device, record)
  end
  for _, session in ipairs(sessions) do
    if ok and session > 0 and device:ensure_started() then
      ok, err = device:deactivate(session)
    end
  end
  return ok, err
end

-- The host's side first: it never depends on a modem that may not answer any more.
local function take_down(device, description)
  local record, unknown = up.record(description)
  if unknown then
    return nil, unknown
  end
  local name = record and record.net or description.net
  local sessions, undone, why = {}, true, nil
  if name then
    sessions, undone, why = journals.take_down_all(name)
  end
  local ok, err = disconnect(device, record, sessions)
  if ok and not record then
    up.forget(device) -- what is written down is of before a restart
  end
  if not ok then
    return nil, err
  elseif not undone then
    return errors.fail {
      code = "io", source = "down",
      message = ("the modem is disconnected, but this computer is not as it was before `up`: %s"):format(why),
      hint = "What is left is written down: run `moontower down` again to take it back.",
    }
  end
  return { device = description.control, link = name, was_online = #sessions > 0 or record ~= nil }
end

return {
  summary = "Take the modem offline, and everything back that `up` changed on this computer.",
  exits = { [0] = "offline", [3] = true, [7] = true, [8] = true },
  order = function() return "offline" end,

  arguments = function(parser)
    parser:option("-d --device", "Which modem: /dev/cdc-wdm0, wwan0, or its USB path.")
    parser:flag("--proxy", "Share the modem, by mbim-proxy or qmi-proxy; as `up` did, if not given.")
    parser:flag("--json", "Print one JSON object, for programs.")
  end,

  run = function(args)
    repair()
    local description, err = modem.select(args.device)
    local opened
    if description then
      local record = up.record(description) or {}
      opened, err = modem.open(description, { proxy = args.proxy or record.proxy, protocol = record.protocol })
    end
    local device <close> = opened
    local result
    if device then
      result, err = take_down(device, description)
    end
    if not result then
      return nil, err
    elseif args.json then
      print(require("base.json").encode(result, { indent = true }))
    else
      wrap.print(("%s is offline%s"):format(result.device, result.was_online and "" or ", and was so before"))
    end
    return 0
  end,
}
