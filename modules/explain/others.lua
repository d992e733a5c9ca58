-- SPDX-License-Identifier: MIT
-- Programs that give the modem's network interface addresses and routes of their own.

local process = require "core.process"

local M = {}

local CLIENTS = { "dhcpcd", "dhclient", "udhcpc" }

-- A DHCP client that was started for this interface: its command line names it.
local function client(name, seen)
  for _, program in ipairs(CLIENTS) do
    for _, pid in ipairs(process.named(program)) do
      local path = ("/proc/%d/cmdline"):format(pid)
      local words = (seen.host:read(path) or ""):gsub("%z", " ")
      if (" " .. words .. " "):find(" " .. name .. " ", 1, true) then
        seen:note(path, words)
        return seen:broken {
          code = "busy", message = ("%s (process %d) configures %s, too"):format(program, pid, name),
          hint = program == "dhcpcd"
            and ("`dhcpcd --release %s`; a line `denyinterfaces %s` in /etc/dhcpcd.conf keeps it away."):format(
              name, name)
            or ("End it, and take %s out of what starts it, such as /etc/network/interfaces."):format(name),
        }
      end
    end
  end
end

local function of_networkmanager(name, index, seen)
  local path = "/run/NetworkManager/devices/" .. index
  local text = seen.host:read(path) or ""
  local connection = ("\n" .. text):match "\nconnection%-uuid=([^\n]*)"
  if not connection or not ("\n" .. text):find "\nmanaged=true" then
    return nil
  end
  seen:note(path, "managed=true, connection-uuid=" .. connection)
  return seen:broken {
    code = "busy", message = ("NetworkManager has a connection of its own on %s"):format(name),
    hint = ("`nmcli device disconnect %s` ends it. While moontower has a link there, NetworkManager is kept away."):
      format(name),
  }
end

local function of_networkd(name, index, seen)
  local path = "/run/systemd/netif/links/" .. index
  local text = "\n" .. (seen.host:read(path) or "")
  local state, file = text:match "\nADMIN_STATE=([^\n]*)", text:match "\nNETWORK_FILE=([^\n]*)"
  if not file or state ~= "configured" and state ~= "configuring" then
    return nil
  end
  seen:note(path, ("ADMIN_STATE=%s, NETWORK_FILE=%s"):format(state, file))
  return seen:broken {
    code = "busy", message = ("systemd-networkd configures %s, by %s"):format(name, file),
    hint = "Have that file match other interfaces. While moontower has a link there, systemd-networkd is kept away.",
  }
end

---@param name string?
---@param seen explain.seen
---@return explain.verdict? verdict nil: none does, as far as can be seen
function M.on_interface(name, seen)
  local index = name and seen.host:read(("/sys/class/net/%s/ifindex"):format(name))
  if not index then
    return nil
  end
  return client(name, seen) or of_networkmanager(name, index, seen) or of_networkd(name, index, seen)
end

return M
