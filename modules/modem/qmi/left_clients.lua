-- SPDX-License-Identifier: MIT
-- The clients that an earlier run has left in the modem: taken up again, or given back.

local framing = require "modem.qmi.framing"
local clients = require "modem.qmi.wds_clients"

local M = {}

-- A client that an earlier run left a connection with; without a handle, if that was killed while it connected.
-- `left`: what wds_clients.lua's remember() wrote.
local function take_up_wds(self, client, left)
  local is_valid = type(left) == "table" and math.type(left.session) == "integer" and clients.families[left.family]
  if not is_valid or (self.wds[left.session] or {})[left.family] then
    return
  end
  if left.idle then
    clients.set_idle(self, clients.add(self, client, left.session, left.family, left.bound == true))
    return
  end
  self.framing = framing.is_valid(left.framing) and left.framing or nil
  local wds_client = clients.add(self, client, left.session, left.family, clients.must_be_bound(self, left.session))
  if math.type(left.handle) == "integer" then
    wds_client.handle, client.persistent = left.handle, left
    -- As it is framed, or that connection would carry nothing.
    self.agreed = self.framing and (clients.is_muxed(self) and "qmap" or "disabled")
  end
end

-- One that waits for its next use. Beside other programs it is left alone: one of them may have had the modem take all
-- ids back, and have been given that one since.
local function take_up_kept(self, entry)
  if self.is_shared then
    table.insert(self.left_alone, entry)
  elseif entry.persistent.shared then
    self.qmi:share(entry.service, entry.client)
  else
    take_up_wds(self, self.qmi:adopt(entry.service, entry.client), entry.persistent)
  end
end

---@param self modem.qmi
---@param left table the file
function M.take_up(self, left)
  self.has_lost_clients, self.keeps_clients = left.allocating, left.kept == true or nil
  for _, entry in ipairs(left.clients) do
    local persistent = entry.persistent
    if type(persistent) == "table" and (persistent.shared or persistent.idle) then
      take_up_kept(self, entry)
    else
      local client = self.qmi:adopt(entry.service, entry.client)
      if persistent then
        take_up_wds(self, client, persistent)
      end -- else it is given back when we close
    end
  end
end

return M
