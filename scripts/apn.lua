-- SPDX-License-Identifier: MIT
-- moontower apn: which APNs would be tried for this SIM, in their order, and where each comes from.

local columns = require "terminal.columns"
local json = require "base.json"
local lazy = require "base.lazy"
local attach_apn = lazy "modem.attach_apn"
local apns = lazy "modem.apn"
local apn_search = lazy "modem.apn_search"
local carrier = lazy "carrier"
local modem = lazy "modem"
local option = require "cli.option"
local report = lazy "modem.report"
local validate = require "base.validate"
local wrap = require "terminal.wrap"

-- The carrier that `up` would take without any argument.
local function chosen_carrier(device)
  local profile = device.profile
  local configured = profile and profile.configured.carrier
  if configured then
    return configured
  end
  return carrier.load "default"
end

local function list_of(device, chosen, record)
  local list = {}
  for candidate in apns.search(device, chosen, {}):each() do
    local refusal = (record.refused or {})[apn_search.key(candidate)]
    local pause = apn_search.pause(refusal)
    list[#list + 1] = {
      apn = candidate.apn, ip = candidate.ip or "ipv4v6", user = candidate.user, auth = candidate.auth,
      from = candidate.from, source = candidate.source,
      refused = refusal and { at = refusal.time, why = refusal.why, nw_error = refusal.nw_error,
        again_in = math.ceil(pause) } or nil,
    }
  end
  return list
end

local function state_of(candidate)
  local refused = candidate.refused
  if not refused then
    return ""
  end
  return ("refused on %s%s"):format(os.date("%Y-%m-%d %H:%M", refused.at),
    refused.why and ": " .. refused.why or "")
end

local function print_table(card, list)
  wrap.print(("SIM %s of %s%s%s"):format(card.iccid or "without a number", card.home or "an unknown network",
    card.spn and (", which calls itself %s"):format(card.spn) or "", card.gid1 and ", GID1 " .. card.gid1 or ""))
  local rows = { { "APN", "user", "where it comes from", "" } }
  for _, candidate in ipairs(list) do
    rows[#rows + 1] = {
      candidate.apn ~= "" and candidate.apn or "default APN", candidate.user or "",
      report.origin(candidate) or "the network chooses", state_of(candidate),
    }
  end
  columns.print(rows)
end

local function attach_words(point)
  return ("%s (%s)"):format(point.apn ~= "" and point.apn or "what the network chooses", point.ip)
end

local function print_attach(attach, changed)
  if attach then
    wrap.print(("It attaches with %s."):format(attach_words(attach)))
  end
  if changed then
    wrap.print(("`up` has changed that from %s, as the network refused it: `moontower apn --put-back`."):format(
      attach_words(changed.before)))
  end
end

local function put_back(device)
  local before, err = attach_apn.put_back(device)
  if err then
    return nil, err
  end
  wrap.print(before and ("From the next registration on, it attaches with %s again."):format(attach_words(before))
    or "`up` has not changed what the modem attaches with.")
  return 0
end

local function show(device, args)
  local chosen, err = chosen_carrier(device)
  if not chosen then
    return nil, err
  end
  local card = apn_search.card(device)
  local known = { iccid = card.iccid, imsi = card.imsi, home = card.home, gid1 = card.gid1(), spn = card.spn() }
  local record = apn_search.record(card.iccid)
  local list = list_of(device, chosen, record)
  local attach, changed = attach_apn.get(device), attach_apn.changed(device)
  if args.json then
    print(json.encode({ sim = known, searches = chosen.search or false, attach = attach,
      attach_before = changed and changed.before or nil,
      candidates = setmetatable(list, { __jsontype = "array" }) }, { indent = true }))
  else
    print_table(known, list)
    print_attach(attach, changed)
  end
  return 0
end

local function forget(device)
  local sim, err = device:sim()
  local ok
  if sim then
    ok, err = apn_search.forget(sim.iccid)
  end
  return ok and 0, err
end

return {
  summary = "List the APNs that would be tried for this SIM.",
  exits = { [3] = true, [4] = true, [7] = true },
  order = function(args) return args.put_back and "change" or nil end,

  epilog = [[
`moontower up` without --carrier and --apn, and the daemon for a modem without them, try these in this order: what
worked before with this SIM, the network's own choice, the carrier files whose networks and `sims` fit, and the list of
providers, where it is installed (Debian's package mobile-broadband-provider-info). A refusal that is about the APN
leads to the next one; any other ends the search. The daemon leaves one that was refused alone for 5 minutes, and longer
each time, at most 6 hours; `moontower up` tries all of them.]],

  options = {
    { "--forget", validate.flag, "Forget what has worked with this SIM, and what was refused" },
    { "--put-back", validate.flag, "Attach with the APN again that `up` has changed" },
    option.device, option.proxy, option.protocol, option.json,
  },

  run = function(args)
    local found, err = modem.find(args.device, { proxy = args.proxy, protocol = args.protocol })
    local device <close> = found
    if not device then
      return nil, err
    end
    local sim
    sim, err = device:sim()
    if sim and sim.state ~= "ready" then
      return nil, require("errors").new {
        code = sim.state == "locked" and "sim-locked" or "sim-missing", source = "modem",
        message = ("the SIM is not ready (%s)"):format(sim.reason or sim.state),
        hint = "`moontower up` waits for it, and enters its PIN.",
      }
    elseif not sim then
      return nil, err
    end
    return (args.forget and forget or args.put_back and put_back or show)(device, args)
  end,
}
