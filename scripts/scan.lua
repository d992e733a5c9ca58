-- SPDX-License-Identifier: MIT
-- moontower scan: the networks in reach.

local columns = require "terminal.columns"
local modem = require "modem"
local option = require "cli.option"
local progress = require "terminal.progress"

local function print_table(networks)
  local rows = { { "network", "name", "", "technologies" } }
  for _, network in ipairs(networks) do
    rows[#rows + 1] = { network.id, network.name, network.state, table.concat(network.technologies, ", ") }
  end
  columns.print(rows)
end

return {
  summary = "Look for the networks in reach, which takes minutes.",
  exits = { [3] = true, [7] = true, [8] = true },

  epilog = [[
The modem goes through all bands that it may use, which takes one to five minutes. Many stop receiving data while they
look; the connection stays, or comes back.]],

  options = { option.device, option.proxy, option.protocol, option.json_list },

  run = function(args)
    local watcher <close> = progress.new(args.json)
    local found, err = modem.find(args.device, { proxy = args.proxy, protocol = args.protocol, at_only = true })
    local device <close> = found
    local networks
    if device then
      watcher:doing("networks", "looking for them, which may take five minutes")
      networks, err = device:scan()
      watcher:rest()
    end
    if not networks then
      return nil, err
    elseif args.json then
      print(require("base.json").encode(setmetatable(networks, { __jsontype = "array" }), { indent = true }))
    elseif #networks == 0 then
      print "No network is in reach."
    else
      print_table(networks)
    end
    return 0
  end,
}
