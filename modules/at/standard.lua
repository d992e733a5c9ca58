-- SPDX-License-Identifier: MIT
-- What any modem may tell about the air: commands of 3GPP TS 27.007.

local air = require "at.air"
local fields = require "at.fields"
local text = require "at.text"

local M = {}

-- ---- signal ----

---AT+CSQ (8.5): strength of what the modem is on, in steps of 2 dB.
M.strength = air.command {
  asks = "AT+CSQ", prefix = "+CSQ", kinds = { dbm = fields.number(0, 31, 2, -113) },
  forms = { { is = "signal", order = "dbm" } },
}

---AT+CESQ (8.69): <rxlev>,<ber>,<rscp>,<ecno>,<rsrq>,<rsrp> and, since 5G, <ss_rsrq>,<ss_rsrp>,<ss_sinr>. Some modems
---fill <rxlev> on LTE, too.
M.quality = air.command {
  asks = "AT+CESQ", prefix = "+CESQ",
  forms = {
    { is = "signal", technology = "GSM", when = { [3] = "255", [5] = "255", [6] = "255" }, order = "rssi",
      kinds = { rssi = fields.step(1, 63, 1, -110) } },
    { is = "signal", technology = "UMTS", least = 4, order = "- - rscp ecio",
      kinds = { rscp = fields.step(1, 96, 1, -120), ecio = fields.step(0, 49, 0.5, -24) } },
    { is = "signal", technology = "LTE", least = 6, order = "- - - - rsrq rsrp",
      kinds = { rsrq = fields.step(0, 34, 0.5, -19.5), rsrp = fields.step(1, 97, 1, -140) } },
    { is = "signal", technology = "5G", least = 9, order = "- - - - - - rsrq rsrp sinr",
      kinds = { rsrq = fields.step(0, 126, 0.5, -43), rsrp = fields.step(1, 126, 1, -156),
        sinr = fields.step(0, 127, 0.5, -23) } },
  },
}

-- ---- registration ----

local states = fields.choice {
  ["0"] = "deregistered", ["1"] = "home", ["2"] = "searching", ["3"] = "denied", ["4"] = "unknown", ["5"] = "roaming",
  ["6"] = "home", ["7"] = "roaming", ["8"] = "denied", ["9"] = "home", ["10"] = "roaming", -- 6, 7: for SMS alone
}
-- 8 is EC-GSM-IoT, which no network has: modems of several makers mean LTE-M. 10 and 12 are on a 5G core, by a cell
-- of LTE and of either kind.
local technologies = fields.choice {
  ["0"] = "GPRS", ["1"] = "GPRS", ["2"] = "UMTS", ["3"] = "EDGE", ["4"] = "HSPA", ["5"] = "HSPA", ["6"] = "HSPA",
  ["7"] = "LTE", ["8"] = "LTE", ["9"] = "LTE", ["10"] = "LTE", ["11"] = "5G SA", ["12"] = "5G", ["13"] = "5G NSA",
}

---The answer to AT+C5GREG? and its kin: <n>,<stat>[,<area>,<ci>[,<AcT>...]]. Some firmware has an empty value before
---<ci>.
---@param name string
---@param area "tac"|"lac" what its area is
---@return at.command
function M.registered(name, area)
  return air.command {
    asks = ("AT%s?"):format(name), prefix = name,
    kinds = {
      state = states, act = technologies, cell_id = fields.hex(0xffffffffe), tac = fields.hex(0xfffffd),
      lac = fields.hex(0xfffd), report = fields.whole(0, 5), nw_error = fields.whole(1, 255),
    },
    forms = {
      -- The network's cause (its kind is 0: of TS 24.301 or 24.501), with the reports 3 and 5.
      { is = "registration", least = 7, when = { [2] = "3", [6] = "0" },
        order = ("report state %s cell_id act - nw_error"):format(area) },
      { is = "registration", least = 2, most = 5, order = ("report state %s cell_id act"):format(area) },
      { is = "registration", least = 6, when = { [5] = "%d%d?" },
        order = ("report state %s cell_id act"):format(area) },
      { is = "registration", least = 6, when = { [5] = "%x%x%x%x+" },
        order = ("report state %s - cell_id act"):format(area) },
    },
  }
end

---Those of 5G, LTE and the older ones, in the order in which a modem that is registered with several prefers them.
M.registrations = {
  M.registered("+C5GREG", "tac"), M.registered("+CEREG", "tac"), M.registered("+CREG", "lac"),
  M.registered("+CGREG", "lac"),
}

---AT+COPS? (7.3).
M.operator = air.command {
  asks = "AT+COPS?", prefix = "+COPS", kinds = { act = technologies },
  forms = {
    { is = "operator", when = { [2] = "[01]" }, order = "- - name act" },
    { is = "operator", when = { [2] = "2" }, order = "- - plmn act" },
  },
}

-- ---- networks in reach ----

local availability = { ["0"] = "unknown", ["1"] = "available", ["2"] = "current", ["3"] = "forbidden" }
local families = {
  ["GPRS"] = "GSM", ["EDGE"] = "GSM", ["UMTS"] = "UMTS", ["HSPA"] = "UMTS", ["LTE"] = "LTE", ["5G SA"] = "5G",
  ["5G"] = "5G", ["5G NSA"] = "LTE",
}

local function add_technology(network, act)
  local family = families[technologies(act or "") or ""]
  for _, known in ipairs(network.technologies) do
    if known == family then return end
  end
  network.technologies[#network.technologies + 1] = family
end

---The networks in the answer to AT+COPS=?: a network has an entry for each technology.
---@param lines string[]
---@return modem.found_network[]
function M.networks(lines)
  local list, by_id = {}, {}
  for _, line in ipairs(lines) do
    for _, entry in ipairs(text.prefix(line) == "+COPS" and text.fields(line) or {}) do
      local id = type(entry) == "table" and fields.kinds.plmn(tostring(entry[4] or ""))
      if id then
        local network = by_id[id]
        if not network then
          network = {
            id = id, name = fields.kinds.name(tostring(entry[2])) or "", state = "unknown", technologies = {},
          }
          by_id[id], list[#list + 1] = network, network
        end
        local state = availability[entry[1]]
        network.state = (network.state == "current" and "current") or state or network.state
        add_technology(network, entry[5])
      end
    end
  end
  return list
end

return M
