-- SPDX-License-Identifier: MIT
-- Explains a carrier file in words, and finds the parts that no modem would understand. Asks no modem.

local at = require "at"
local bands = require "settings.bands"
local composition = require "settings.composition"
local errors = require "errors"
local lines_setting = require "settings.lines"
local net = require "net"
local printable = require "base.printable"
local technologies = require "settings.technologies"

local M = {}

local ip_words = { ipv4 = "IPv4", ipv6 = "IPv6", ipv4v6 = "IPv4 and IPv6" }

-- ---- checks ----

-- A name that a modem has for a set of bands has a letter that no band has, or a blank.
local function check_bands(text)
  if text:lower() == "all" or not text:find("%d") or text:find("%a%a") then
    return true
  end
  return bands.parse(text)
end

local checks = {
  rat = technologies.wanted,
  bands = check_bands,
  composition = function(value) return composition.class("check"):normalise(value) end,
  at = function(value) return lines_setting.new("at", value) end,
  qmi = function(value) return lines_setting.new("qmi", value) end,
}

---What is wrong with the words in a carrier's `modem` table.
---@param chosen carrier.carrier
---@return moontower.error? err detail.field is the key
function M.mistake(chosen)
  local probe, why = net.parse_probe(chosen.probe or "8.8.8.8")
  if not probe then
    return errors.new {
      code = "carrier-invalid", source = "carrier", message = ("'probe': %s"):format(why), hint = why.hint,
      detail = { field = "probe" },
    }
  end
  for _, key in ipairs { "rat", "bands", "composition", "at", "qmi" } do
    local value = chosen.modem and chosen.modem[key]
    if value ~= nil then
      local ok, err = checks[key](value)
      if not ok then
        return errors.new {
          code = "carrier-invalid", source = "carrier", message = ("modem: '%s': %s"):format(key, err), hint = err.hint,
          detail = { field = key },
        }
      end
    end
  end
end

-- ---- words ----

local function bearer_words(bearer)
  local apn = bearer.apn == "" and "the APN that the network chooses" or bearer.apn
  local words = { apn, ip_words[bearer.ip or "ipv4v6"] }
  if bearer.user then
    words[#words + 1] = ("as %s%s, by %s"):format(bearer.user, bearer.password and " with a password" or "",
      (bearer.auth or "chap"):upper())
  end
  if bearer.mtu then
    words[#words + 1] = ("MTU %d"):format(bearer.mtu)
  end
  return table.concat(words, ", ")
end

-- Of a guest of these networks: each line fits some SIMs.
local function sim_words(sim)
  local words = {}
  for _, key in ipairs { "imsi", "iccid", "gid1", "spn" } do
    words[#words + 1] = sim[key] and ("%s %s"):format(key:upper(), sim[key]) or nil
  end
  return table.concat(words, ", ")
end

local function contexts_words(contexts)
  local numbers, words = {}, {}
  for number in pairs(contexts) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for i, number in ipairs(numbers) do
    local context = contexts[number]
    words[i] = ("%d: %s, %s"):format(number, context.apn, ip_words[context.ip or "ipv4v6"])
  end
  return table.concat(words, "; ")
end

local function commands_words(list)
  local words = {}
  for i, line in ipairs(list) do
    local text = at.hide(type(line) == "table" and line[1] or line)
    words[i] = type(line) == "table" and line.check
      and ("%s, unless %s answers %s"):format(text, at.hide(line.check), line.want) or text .. ", each time"
  end
  return table.concat(words, "; ")
end

local function modem_rows(modem, add)
  if modem.ipv6 ~= nil then
    add("IPv6", modem.ipv6 and "on" or "off")
  end
  local attach = modem.attach
  add("MBN", modem.carrier_configuration)
  add("attach", attach and ("%s, %s"):format(attach.apn == "" and "with the APN that the network chooses" or attach.apn,
    ip_words[attach.ip or "ipv4v6"]))
  add("contexts", modem.contexts and contexts_words(modem.contexts))
  add("radio", modem.rat and modem.rat:lower() .. (modem.rat:lower() == "lte" and " only" or ""))
  add("bands", modem.bands)
  add("USB", modem.composition and "at least " .. table.concat(modem.composition, " and "))
  add("AT", modem.at and commands_words(modem.at))
  add("QMI", modem.qmi and commands_words(modem.qmi))
  add("unlock", modem.unlock and "with a password of its own")
end

---@param chosen carrier.carrier
---@return string[] lines
function M.lines(chosen)
  local lines = {}
  local function add(label, text)
    if text then
      lines[#lines + 1] = (("%-10s %s"):format(label, printable(text)))
    end
  end
  add("name", chosen.name)
  add("networks", chosen.plmns and table.concat(chosen.plmns, ", ") or "any")
  for i, sim in ipairs(chosen.sims or {}) do
    add(i == 1 and "SIMs" or "or", sim_words(sim))
  end
  for i, bearer in ipairs(chosen.bearers) do
    add(i == 1 and "connects" or "or else", bearer_words(bearer))
  end
  add("or else", chosen.search and "what else fits the SIM: `moontower apn`")
  add("roaming", chosen.roaming and "allowed" or "refused")
  add("probe", chosen.probe and "pings " .. chosen.probe)
  if chosen.modem or chosen.setup then
    lines[#lines + 1] = "`moontower setup` sees to it that the modem has:"
    modem_rows(chosen.modem or {}, function(label, text) add("  " .. label, text) end)
    add("  more", chosen.setup and "what the function `setup` does")
  end
  return lines
end

---The carrier without its passwords, for programs.
---@param chosen carrier.carrier
---@return table
function M.public(chosen)
  local copy = {}
  for key, value in pairs(chosen) do
    if type(value) == "function" then
      copy[key] = true
    elseif key == "password" or key == "unlock" then
      copy[key] = "(hidden)"
    elseif type(value) == "table" then
      copy[key] = M.public(value)
    elseif type(value) == "string" then
      copy[key] = at.hide(value)
    else
      copy[key] = value
    end
  end
  return copy
end

return M
