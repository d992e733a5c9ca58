-- SPDX-License-Identifier: MIT
-- The lines in which `up` and `status` show a modem, its network and its connection.

local M = {}

---@param modem modem.modem
---@param identity table
---@param watcher up.watcher
function M.modem(modem, identity, watcher)
  local name, description = modem:describe(identity.hardware), modem.description
  local spoken = modem.options.protocol or description.protocol
  local inside = spoken ~= description.protocol and " in " .. description.protocol:upper() or ""
  watcher:done("modem", ("%s, firmware %s   %s (%s)"):format(
    name, identity.firmware, description.control, spoken:upper() .. inside), {
    name = name, firmware = identity.firmware, imei = identity.imei,
    device = description.control, protocol = spoken,
  })
end

local state_words = {
  home = "registered at home", roaming = "registered, roaming,", partner = "registered with a partner,",
  denied = "registration denied", searching = "searching", deregistered = "not registered", unknown = "unknown",
}

---@param registration table
---@param packet table
---@param signal table
---@param watcher up.watcher
function M.network(registration, packet, signal, watcher)
  local provider = registration.provider or {}
  local name = provider.name ~= "" and provider.name or provider.id ~= "" and provider.id
  local words = { (state_words[registration.state] or tostring(registration.state)) .. (name and " on " .. name or "") }
  words[#words + 1] = packet.technology or registration.technology
  words[#words + 1] = signal.dbm and ("%d dBm"):format(signal.dbm)
  watcher:done("network", table.concat(words, ", "), {
    state = registration.state, provider = registration.provider,
    technology = packet.technology or registration.technology, signal_dbm = signal.dbm,
  })
end

local function families(bearer)
  local words = {}
  if #bearer.ipv4.addresses > 0 then words[#words + 1] = "IPv4" end
  if #bearer.ipv6.addresses > 0 then words[#words + 1] = "IPv6" end
  return #words > 0 and table.concat(words, " and ") or "address to come"
end

---@param bearer modem.bearer
---@param seconds number? that connecting took; nil: it was connected already
---@param watcher up.watcher
function M.bearer(bearer, seconds, watcher)
  local took = seconds and ("%.2f s"):format(seconds) or "connected already"
  local apn = bearer.apn ~= "" and bearer.apn or "default APN"
  watcher:done("bearer", ("%s, %s, %s"):format(apn, families(bearer), took), {
    apn = bearer.apn, ip = bearer.ip, session = bearer.session, seconds = seconds, adopted = not seconds,
  })
end

---@param applied link.link
---@param watcher up.watcher
function M.link(applied, watcher)
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
  watcher:data("link", {
    name = applied.name, addresses = applied.addresses, mtu = applied.mtu, adopted = applied.adopted,
  })
  watcher:done("DNS", #applied.dns > 0 and table.concat(applied.dns, ", ") or "none given by the network", applied.dns)
end

---What of a link does not hold on the host, a line each, and the way out.
---@param described link.link from link.describe()
---@param is_ours boolean did `up` set it up?
---@param watcher up.watcher
---@return boolean holds
function M.differences(described, is_ours, watcher)
  for i, difference in ipairs(described.differences) do
    watcher:done(i == 1 and "host" or "", difference.message)
  end
  if #described.differences > 0 then
    watcher:done("", is_ours and "The host is not as `moontower up` left it. Run that again, and it will be."
      or "The modem is connected, not by `moontower up`, and the host does not use it. `moontower up` changes that.")
  end
  watcher:data("differences", described.differences)
  return #described.differences == 0
end

return M
