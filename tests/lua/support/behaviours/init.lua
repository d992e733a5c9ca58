-- SPDX-License-Identifier: MIT
-- The table of behaviours: what every modem does, whatever it speaks. Each gets a modem as a script has it, and the
-- simulated one behind it, in a world of this process's own.

local lu = require "luaunit"
local simulated = require "support.simulated"

require("modem.cell_news").quiet = 0

---@type table<string, fun(modem: modem.modem, sim: simulator.modem)>
local all = {}

for _, part in ipairs { "state", "connecting", "events", "lifetime", "card", "place", "equipment" } do
  for name, behaviour in pairs(require("support.behaviours." .. part)) do
    lu.assertNil(all[name])
    all[name] = behaviour
  end
end

local M = { all = all }

---@class behaviours.way
---@field name string
---@field composition "mbim"|"qmi"
---@field find table? options of modem.find()

---@type behaviours.way[]
M.ways = {
  { name = "mbim", composition = "mbim" },
  { name = "qmi", composition = "qmi" },
  { name = "qmi_inside_mbim", composition = "mbim", find = { protocol = "qmi" } },
}

---Calls fn(modem, sim) with a modem that speaks this way.
---@param way behaviours.way
---@param fn fun(modem: modem.modem, sim: simulator.modem)
---@param personality simulator.personality? the MC7455, if not given
function M.with_modem(way, fn, personality)
  simulated.with_modem({ composition = way.composition, find = way.find, model = personality }, fn)
end

return M
