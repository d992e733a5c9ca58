-- SPDX-License-Identifier: MIT
-- Registration: whether the modem finds a network, and how long it searches. Methods of simulator.modem.

---@class simulator.modem
local registration = {}

local registered = { home = true, roaming = true, partner = true }

-- The state that registration will reach under the present conditions.
local function outlook(self)
  local network = self.network
  if not self:radio_on() or self:sim_state() ~= "ready" then
    return "deregistered", 0
  elseif not network.present or self:operator().is_away or not self:may_use_cell() then
    return "searching", 0
  elseif network.denied then
    return "denied", network.denied
  elseif network.attach_apn and self:attach_apn() ~= network.attach_apn then
    return "denied", 19 -- ESM failure
  elseif self.registration.manual and self.registration.manual ~= self:operator().provider.id then
    return "denied", 11 -- PLMN not allowed
  end
  return network.roaming and "roaming" or "home", 0
end

local function search(self)
  if self.searching then
    return
  end
  self.searching = true
  self:after(self.search_time, function()
    self.searching = false
    self.found = registered[outlook(self)] or false
    self:settle()
  end)
end

local function set_packet(self, state)
  if self.packet.state ~= state then
    self.packet.state = state
    if state == "attached" then
      self:has_done("attach")
    end
    self:emit("packet")
  end
end

---Whose network the card is for: { provider =, neighbours =, apns =, default_apn =, is_away = true: it is nowhere }.
---@return table
function registration:operator()
  return self.card and self.card.operator or self.personality
end

---The networks that can be heard, the card's own first.
---@return { id: string, name: string }[]
function registration:providers()
  local operator = self:operator()
  local list = { not operator.is_away and operator.provider or nil }
  return table.move(operator.neighbours, 1, #operator.neighbours, #list + 1, list)
end

---Works out registration, packet service and sessions, and tells what has changed.
function registration:settle()
  local state, cause = outlook(self)
  if not registered[state] then
    self.found = false
  elseif not self.found then
    search(self)
    state = self.found and state or "searching"
  end
  local current = self.registration
  if current.state ~= state or current.nw_error ~= cause then
    current.state, current.nw_error = state, cause
    self:emit("registration")
  end
  local refused = self.network.refuses_attach
  local attached = registered[state] and self.packet.wanted and not refused
  self.packet.nw_error = registered[state] and refused or 0
  set_packet(self, attached and "attached" or "detached")
  if not attached then
    self:drop_sessions(0)
  end
end

---Looks for a network again, if it has none.
function registration:search()
  self.found = self:is_registered()
  self:settle()
end

---@return boolean
function registration:is_registered()
  return registered[self.registration.state] or false
end

---@param provider_id string? nil: as the modem likes
function registration:select_provider(provider_id)
  self.registration.manual = provider_id
  self.registration.mode = provider_id and "manual" or "automatic"
  self:settle()
end

return registration
