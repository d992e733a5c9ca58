-- SPDX-License-Identifier: MIT
-- A link whose address comes by router advertisement.

local errors = require "errors"
local fs = require "core.fs"
local journals = require "link.journal"
local netlink = require "core.netlink"
local task = require "task"

local M = {}

local TIME = 10 -- seconds

---@param name string of an interface
---@return table? address that is global
function M.address(name)
  for _, address in ipairs(netlink.addresses(name) or {}) do
    if address.family == "ipv6" and address.scope == "global" then
      return address
    end
  end
end

-- With IPv6 switched off, no address of this session can be used here, nor would one be made.
local function check_ipv6(link)
  local off = fs.read(journals.sysctl_path(link.name, "disable_ipv6"))
  if off and off:find "^0" then
    return true
  end
  -- With dots, sysctl would take that of a VLAN's name for another one.
  local switch = off and ("as by `sysctl net/ipv6/conf/%s/disable_ipv6=0`"):format(link.name)
    or "by starting the kernel without ipv6.disable=1"
  return errors.fail {
    code = "no-address", source = "host",
    message = ("connected by IPv6 alone, and this host has it switched off (%s)")
      :format(off and ("net.ipv6.conf.%s.disable_ipv6"):format(link.name) or "its kernel has none"),
    hint = ("Switch it on, %s, or ask for `--ip ipv4`, which some APNs give as well."):format(switch),
  }
end

-- The kernel makes the address, and tells.
local function wait(link)
  local watching, err = netlink.monitor { groups = { "address" } }
  local monitor <close> = watching
  if not monitor then
    return nil, err
  end
  local address
  address, err = task.timeout(TIME, function()
    local found = M.address(link.name)
    while not found do
      local event, gone = monitor:next()
      if not event then
        return nil, gone
      end
      found = M.address(link.name)
    end
    return found
  end)
  if address then
    table.insert(link.addresses, address)
    return true
  elseif err.code == "timeout" then
    return errors.fail {
      code = "no-address", source = "link",
      message = "connected, but neither the modem nor the network gave an address",
      hint = "Is the APN right? Some networks connect any APN and give it nothing.",
    }
  end
  return nil, err
end

---Waits until the kernel has made the address of a link that is up.
---@param link link.link
---@return true?
---@return moontower.error? err
function M.complete(link)
  local ok, err = check_ipv6(link)
  if ok then
    ok, err = wait(link)
  end
  return ok, err
end

return M
