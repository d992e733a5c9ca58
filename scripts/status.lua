-- SPDX-License-Identifier: MIT
-- moontower status: the state of the modem, its connection and the host's link. Changes nothing.

local lazy = require "base.lazy"
local errors = require "errors"
local exit_status = lazy "cli.exit_status"
local link = lazy "link"
local modem = require "modem"
local option = require "cli.option"
local snapshot = require "modem.snapshot"
local progress = require "terminal.progress"
local report = require "modem.report"

-- The host's side: the journal of `up`, compared with the kernel's state.
local function show_link(bearer, watcher)
  local described, err = link.describe(bearer)
  if not described then
    return nil, err
  end
  report.link(described, watcher, bearer)
  return report.differences(described, watcher)
end

local function show_connection(device, now, watcher)
  local written = device:connection()
  if now.session.err then
    report.unknown("bearer", now.session.err, watcher)
    return false
  elseif now.session.state ~= "activated" then
    watcher:done("bearer", "not connected", { state = now.session.state })
    report.outlived(written, watcher)
    return false
  end
  local is_complete = written and written.complete
  local bearer, err = device:bearer(is_complete and written
    or { session = 0, apn = written and written.apn or "unknown APN", ip = now.session.ip })
  if not bearer then
    return nil, err
  end
  report.bearer(bearer, watcher)
  if is_complete and not written.interface then
    watcher:done("", "The record of what `moontower up` changed on this computer is lost: run it again.")
  end
  return show_link(bearer, watcher)
end

local function show(device, watcher)
  local now, err = snapshot.ask(device)
  if not now then
    return nil, err
  end
  report.modem(device, now.identity, watcher)
  if now.refusal then
    return errors.fail {
      code = "modem-failed", source = "modem", detail = now.refusal.detail,
      message = ("the modem refuses to tell anything of SIM, network and connection: %s"):format(now.refusal),
      hint = "It may be starting. If it stays so: `moontower reset`.",
    }
  end
  report.sim(now.sim, now.home and now.home.id, watcher)
  if now.radio.hardware == "off" or now.radio.software == "off" then
    watcher:done("radio", "off, by " .. (now.radio.hardware == "off" and "hardware" or "software"))
  end
  watcher:data("radio", now.radio)
  report.usage(device, now.sim, watcher)
  report.network(now.registration, now.packet, now.signal, watcher)
  report.air(now.signal, now.cells, watcher)
  return show_connection(device, now, watcher)
end

-- By the way to the modem that `up` took, if it has connected it.
local function open(args, watcher)
  local description, err = modem.select(args.device)
  if not description then
    return nil, err
  end
  watcher:doing("modem", description.control)
  local last = modem.connection(description) or {}
  local found
  found, err = modem.find(description.control, {
    proxy = args.proxy or last.proxy, protocol = last.protocol, patience = 0,
  })
  return found, err, description
end

-- Another moontower has the modem, such as an `up` that connects it: print all that is known without asking the modem.
local function show_busy(description, err, watcher)
  watcher:done("modem", ("%s (%s), in use: %s"):format(description.control, description.protocol:upper(), err),
    { device = description.control, protocol = description.protocol, used_by = err.detail })
  local written = modem.connection(description)
  if not written or not written.complete or not written.interface then
    watcher:done("bearer", "not connected yet", { state = "unknown" })
    return false
  end
  watcher:done("bearer", written.apn ~= "" and written.apn or "default APN", { apn = written.apn })
  for i, address in ipairs(written.addresses) do
    watcher:done(i == 1 and written.interface or "", ("%s/%d"):format(address.address, address.prefix_length))
  end
  return true
end

return {
  summary = "Show modem, SIM, network, connection and link; changes nothing.",
  exits = { [0] = "online", [3] = true, [7] = true, [8] = true, [11] = "not online, or not as `up` left it" },

  options = { option.device, option.proxy_as_up, option.json },

  run = function(args)
    local watcher <close> = progress.new(args.json)
    local found, err, description = open(args, watcher)
    local device <close> = found
    local is_busy = not device and description and err.source == "state" and err.code == "busy"
    if not device and not is_busy then
      return nil, err
    end
    local online
    if is_busy then
      online = show_busy(description, err, watcher)
    else
      online, err = show(device, watcher)
    end
    if online == nil then
      return nil, err
    elseif args.json then
      watcher.values.online = online
      print(require("base.json").encode(watcher.values, { indent = true }))
    end
    return online and 0 or exit_status.OFFLINE
  end,
}
