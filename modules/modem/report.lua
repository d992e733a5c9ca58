-- SPDX-License-Identifier: MIT
-- The lines in which `up` and `status` show a modem, its network and its connection.

local lazy = require "base.lazy"
local fs = require "core.fs"
local channels = lazy "link.channel"
local leases = lazy "modem.lease"
local state = require "state"
local signal_words = lazy "radio.signal_words"
local usage = lazy "usage"
local radio_words = lazy "radio.words"

local M = {}

---@param modem modem.modem
---@param identity table
---@param watcher up.watcher
function M.modem(modem, identity, watcher)
  local name, description = modem:describe(identity.hardware), modem.description
  local spoken = modem.options.protocol or description.protocol
  local inside = spoken ~= description.protocol and " in " .. description.protocol:upper() or ""
  watcher:done("modem", ("%s, firmware %s   %s (%s)"):format(
    name, identity.firmware or "unknown", description.control, spoken:upper() .. inside), {
    name = name, firmware = identity.firmware, imei = identity.imei,
    device = description.control, protocol = spoken,
  })
end

---The line of what could not be asked.
---@param label string
---@param err moontower.error
---@param watcher up.watcher
function M.unknown(label, err, watcher)
  watcher:done(label, ("could not be asked: %s"):format(err), { state = "unknown", reason = tostring(err) })
end

---@param sim table
---@param home string? the SIM's own network
---@param watcher up.watcher
function M.sim(sim, home, watcher)
  if sim.err then
    return M.unknown("SIM", sim.err, watcher)
  end
  watcher:done("SIM", sim.state .. (home and ", " .. home or ""), {
    state = sim.state, reason = sim.reason, imsi = sim.imsi, iccid = sim.iccid, numbers = sim.numbers, network = home,
  })
end

local state_words = {
  home = "registered at home", roaming = "registered, roaming,", partner = "registered with a partner,",
  denied = "registration denied", searching = "searching", deregistered = "not registered", unknown = "unknown",
}

-- Some protocols tell of LTE alone where 5G is used beside it; the signal has it.
local function technology_of(registration, packet, signal)
  local told = packet.technology or registration.technology
  return told == "LTE" and (signal.nr and signal.lte or registration.technology == "5G NSA") and "5G NSA" or told
end

---@param registration table
---@param packet table
---@param signal table
---@param watcher up.watcher
function M.network(registration, packet, signal, watcher)
  if registration.err then
    return M.unknown("network", registration.err, watcher)
  end
  local name = radio_words.network(registration.provider)
  local words = { (state_words[registration.state] or tostring(registration.state)) .. (name and " on " .. name or "") }
  local technology = technology_of(registration, packet, signal)
  words[#words + 1] = technology
  words[#words + 1] = signal.dbm and ("%s dBm"):format(signal_words.number(signal.dbm))
  watcher:done("network", table.concat(words, ", "), {
    state = registration.state, provider = registration.provider,
    technology = technology, signal_dbm = signal.dbm,
  })
end

---The essentials of the signal, and where it comes from.
---@param signal table
---@param cells table
---@param watcher up.watcher
function M.air(signal, cells, watcher)
  local measured = signal.lte or signal.nr or signal.umts
  if measured then
    watcher:done("signal", signal_words.sentence(signal))
  end
  local primary = (cells.serving or {})[1]
  if primary then
    local identity = radio_words.identity(primary)
    watcher:done("cell", radio_words.bands(cells.serving) .. (identity ~= "" and ", " .. identity or ""))
  end
  watcher:data("signal", measured and signal or nil)
  watcher:data("cells", cells.serving and cells or nil)
end

local function families(bearer)
  local words = {}
  if #bearer.ipv4.addresses > 0 then words[#words + 1] = "IPv4" end
  if #bearer.ipv6.addresses > 0 then words[#words + 1] = "IPv6" end
  return #words > 0 and table.concat(words, " and ") or "address to come"
end

-- The reason, for each family that was asked for and is not there. Without a refusal, the network just gave less.
local function missing(bearer)
  local found = {}
  for family, err in pairs(bearer.refused or {}) do
    found[family] = err.detail and err.detail.why or tostring(err)
  end
  if bearer.ip == "ipv4v6" and #bearer.ipv4.addresses == 0 then -- that of IPv6 may come by router advertisement
    found.ipv4 = found.ipv4 or "the network gave no address that a host can use"
  end
  return found
end

local family_names = { ipv4 = "IPv4", ipv6 = "IPv6" }

local origins = { remembered = "which worked before", carrier = "from the carrier file %s",
  providers = "from the list of providers, for %s" }

---Where an access point comes from.
---@param candidate apn.candidate
---@return string? words nil: the network or the user has chosen it
function M.origin(candidate)
  local words = origins[candidate.from]
  return words and words:format(candidate.source)
end

---One of several access points was refused.
---@param candidate apn.candidate
---@param err moontower.error
---@param watcher up.watcher
function M.refused_apn(candidate, err, watcher)
  local origin = M.origin(candidate)
  watcher:done("refused", ("%s%s: %s"):format(candidate.apn ~= "" and candidate.apn or "default APN",
    origin and (" (%s)"):format(origin) or "", err.detail and err.detail.why or err))
end

---@param bearer modem.bearer
---@param watcher up.watcher
function M.bearer(bearer, watcher)
  local seconds = bearer.seconds
  local took = seconds and ("%.2f s"):format(seconds) or "connected already"
  local apn = bearer.apn ~= "" and bearer.apn or "default APN"
  local lost = missing(bearer)
  watcher:done("bearer", ("%s, %s, %s"):format(apn, families(bearer), took), {
    state = "activated", apn = bearer.apn, ip = bearer.ip, session = bearer.session, seconds = seconds,
    adopted = not seconds, missing = next(lost) and lost or nil, from = bearer.from, source = bearer.source,
  })
  if bearer.is_found then
    watcher:done("", ("(an APN %s)"):format(M.origin(bearer)))
  end
  for _, family in ipairs { "ipv4", "ipv6" } do
    if lost[family] then
      watcher:done("", ("no %s: %s"):format(family_names[family], lost[family]))
    end
  end
  if lost.ipv6 then
    watcher:done("", "(Some modems have IPv6 switched off: `moontower setup CARRIER --plan` shows that.)")
  end
end

local qmap_names = { qmap = "QMAP", qmapv4 = "QMAPv4", qmapv5 = "QMAPv5" }

-- How a QMI modem and the driver have agreed to frame packets, where that is not just one after the other.
-- On the way to the modem it is as the driver of this interface has it.
local function framing(bearer, interface, watcher)
  local agreed = bearer.framing
  local name = agreed and qmap_names[agreed.protocol]
  local uplink = agreed and agreed.uplink and channels.uplink(interface)
  if name then
    local packets = agreed.datagrams and ("up to %d packets, "):format(agreed.datagrams) or ""
    watcher:done("", ("%s: %s%d bytes in a transfer from the modem"):format(name, packets, agreed.size))
  end
  if uplink then
    watcher:done("", ("up to %d packets, %d bytes in a transfer to it"):format(uplink.packets, uplink.size))
  end
  watcher:data("framing", agreed and {
    protocol = agreed.protocol, datagrams = agreed.datagrams, size = agreed.size, uplink = uplink or nil,
  })
end

-- IPv4 where the network gives IPv6 alone.
local function clat(applied, watcher)
  local translation = applied.journal and applied.journal.clat
  if not translation then
    return
  end
  local prefix = translation.prefix and ("%s/%d"):format(translation.prefix, translation.length)
  if translation.problem then
    watcher:done("CLAT", "no IPv4: " .. translation.problem)
    if translation.hint then watcher:done("", translation.hint) end
  else
    watcher:done("CLAT", ("%s, by tayga: IPv4 through %s"):format(translation.device, prefix))
  end
  watcher:data("clat", {
    prefix = prefix, interface = translation.device, problem = translation.problem,
  })
end

-- What the link does for other computers. `status` shows what of it does not hold as a difference.
local function share(applied, watcher)
  local shared = applied.journal and applied.journal.share
  if not shared then
    return
  elseif not shared.problem then
    watcher:done("shared", ("%s/64 with %s, by %s"):format(shared.prefix, shared.interface, shared.program))
  elseif not applied.differences then
    watcher:done("shared", ("nothing with %s: %s"):format(shared.interface, shared.problem))
    if shared.hint then watcher:done("", shared.hint) end
  end
  watcher:data("share", {
    interface = shared.interface, prefix = shared.prefix and shared.prefix .. "/64", program = shared.program,
    problem = shared.problem,
  })
end

---@param applied link.link
---@param watcher up.watcher
---@param bearer modem.bearer as the modem gave it; the host may not be able to use all of it
function M.link(applied, watcher, bearer)
  if #applied.addresses == 0 then
    watcher:done(applied.name, ("no address, MTU %d"):format(applied.mtu))
  end
  for i, address in ipairs(applied.addresses) do
    local text = ("%s/%d"):format(address.address, address.prefix_length)
    if i == 1 then
      local gateway = (address.address:find(":") and applied.bearer.ipv6 or applied.bearer.ipv4).gateway
      text = ("%s%s, MTU %d"):format(text, gateway and " via " .. gateway or "", applied.mtu)
    end
    watcher:done(i == 1 and applied.name or "", text)
  end
  if #bearer.ipv6.addresses > 0 and #applied.bearer.ipv6.addresses == 0 then
    watcher:done("", ("no IPv6: this host has it switched off (net.ipv6.conf.%s.disable_ipv6)"):format(applied.name))
  end
  framing(bearer, applied.name, watcher)
  local lease = applied.bearer.ipv4.lease
  if lease and not applied.bearer.modem.profile then -- which policies watch, and renew
    watcher:done("", ("%s is lent for %s by DHCP: before that is over, run `moontower up` again, or `moontower serve`")
      :format(lease.address, leases.words(lease.seconds)))
  end
  watcher:data("link", {
    name = applied.name, addresses = applied.addresses, mtu = applied.mtu, adopted = applied.adopted,
    lease = lease and lease.seconds,
  })
  watcher:done("DNS", #applied.dns > 0 and table.concat(applied.dns, ", ") or "none given by the network", applied.dns)
  clat(applied, watcher)
  share(applied, watcher)
end

---What the SIM has used this month, where that has been counted.
---@param modem modem.modem
---@param sim table
---@param watcher up.watcher
function M.usage(modem, sim, watcher)
  local name = sim.iccid or modem.description.name
  local has_file = fs.stat(state.persistent.path("usage", name)) ~= nil
  local used = has_file and usage.look(name, 1, os.time(), usage.counter(modem))
  if used then
    watcher:done("data", ("%.1f MB used since %s"):format(used.bytes / 1e6, used.since))
    watcher:data("usage", { sim = used.sim, bytes = used.bytes, since = used.since, next = used.next })
  end
end

---The modem is not connected: this computer may still be set up as if it were.
---@param connection modem.connection?
---@param watcher up.watcher
function M.outlived(connection, watcher)
  local name = connection and connection.interface
  if name then
    local message = ("%s is still set up for a connection that is over"):format(name)
    watcher:done("host", message)
    watcher:done("", "`moontower up` connects again; `moontower down` takes everything back.")
    watcher:data("differences", { { what = "link", message = message } })
  end
end

---A line for each difference between a link and the host, and the way out.
---@param described link.link from link.describe()
---@param watcher up.watcher
---@return boolean holds
function M.differences(described, watcher)
  for i, difference in ipairs(described.differences) do
    watcher:done(i == 1 and "host" or "", difference.message)
  end
  if #described.differences > 0 then
    watcher:done("", described.is_ours and "The host is not as `moontower up` left it. Run that again, and it will be."
      or "The modem is connected, not by `moontower up`, and the host does not use it. `moontower up` changes that.")
  end
  watcher:data("differences", described.differences)
  return #described.differences == 0
end

return M
