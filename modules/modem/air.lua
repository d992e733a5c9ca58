-- SPDX-License-Identifier: MIT
-- Signal, cells and registration by AT commands: for a modem that has nothing else, and what MBIM or QMI do not tell.
--
-- Which commands: those of its maker (maker.air), and 3GPP's. A command that the modem refuses is not sent again.

local air = require "at.cells"
local lazy = require "base.lazy"
local at_port = require "modem.at"
local errors = require "errors"
local reason = lazy "modem.at_reason"
local maker = require "maker"
local standard = require "at.standard"
local task = require "task"

local ANSWER_TIME, SCAN_TIME = 5, 300
local ONLY_TIME = 10 -- seconds for an answer of a modem that has nothing but AT: some take half of it
local SILENCE = 60 -- how long a port that has not answered is not asked for what another protocol lacks

local M = {}

-- ---- asking ----

local known = setmetatable({}, { __mode = "k" }) -- by AT port

-- What is known of a port: commands that it refuses, and its maker's commands.
local function knowledge_of(modem)
  known[modem.at] = known[modem.at] or { refused = {} }
  return known[modem.at]
end

-- Does a refusal tell about the command, and not about the SIM or the network at the moment?
local lasting = { [3] = true, [4] = true, [50] = true, [100] = true } -- not allowed, not supported, parameters, unknown

local function is_lasting(err)
  local number = err.detail and err.detail.number
  return err.code == "unsupported" or err.code == "rejected" and (not number or lasting[number] == true)
end

local function time_of(modem)
  return modem.description and modem.description.protocol == "at" and ONLY_TIME or ANSWER_TIME
end

-- The lines of the answer; nil without an error: the modem refuses the command.
local function ask(modem, asks, seconds)
  local knowledge = knowledge_of(modem)
  local reply, err
  if not knowledge.refused[asks] then
    reply, err = modem.at:command(asks, { seconds = seconds or time_of(modem) })
  end
  if reply then
    return reply.lines
  elseif err and at_port.is_silent(err) then
    knowledge.silent_at = task.now()
    return nil, err
  end
  knowledge.refused[asks] = err == nil or is_lasting(err) or nil
end

-- Adds what the commands say. An answer that does not come ends the questions.
local function ask_all(modem, commands, records)
  for _, command in ipairs(commands) do
    local lines, err = ask(modem, command.asks, command.seconds)
    for _, record in ipairs(lines and command:read(lines) or {}) do records[#records + 1] = record end
    if err then return err end
  end
end

local NONE = { signal = {}, cells = {} }

local function dialect_of(modem)
  local knowledge = knowledge_of(modem)
  if not knowledge.dialect then
    local found, err = at_port.maker(modem)
    if err then
      return nil, err
    end
    knowledge.dialect = found and found:load "air" or NONE
  end
  return knowledge.dialect
end

-- The records of the maker's commands, then of more; an error only where there are none.
local function records_of(modem, part, more)
  if not modem.at then
    return nil, modem.at_error
  end
  local dialect, err = dialect_of(modem)
  local records = {}
  if dialect then
    err = ask_all(modem, dialect[part], records)
  end
  if dialect and not err then
    err = ask_all(modem, more(records), records)
  end
  return (not err or #records > 0) and records or nil, err
end

-- ---- verbs ----

---@param modem modem.modem
---@return modem.signal?
---@return moontower.error? err
function M.signal(modem)
  local records, err = records_of(modem, "signal", function(records)
    local signal = air.signal_of(records)
    local is_told = signal.lte or signal.nr or signal.umts
    return is_told and (signal.dbm and {} or { standard.strength }) or { standard.quality, standard.strength }
  end)
  return records and air.signal_of(records), err
end

-- By the maker's commands alone.
local function makers_cells(modem)
  local records, err = records_of(modem, "cells", function() return {} end)
  return records and air.of(records), err
end

-- ---- registration ----

local registered = { home = true, roaming = true }
local families = {
  ["5G SA"] = "5G", ["5G NSA"] = "LTE", LTE = "LTE", HSPA = "UMTS", UMTS = "UMTS", EDGE = "GSM", GPRS = "GSM",
}

-- Asks with another report than the one that is on, which is switched on again.
local function with_report(modem, command, report, before, records)
  local name = command.prefix
  if ask(modem, ("AT%s=%d"):format(name, report)) then
    local _ <close> = task.finally(function()
      task.shield(time_of(modem), ask, modem, ("AT%s=%d"):format(name, before))
    end)
    ask_all(modem, { command }, records)
  end
end

-- The place, and why the network refuses, come with reports that may be off.
local PLACE, CAUSE = 2, 3

local function read_registration(modem, command)
  local records = {}
  local err = ask_all(modem, { command }, records)
  local found = records[1]
  local report = found and found.report
  local lacks_place = found and registered[found.state] and not found.cell_id
  local lacks_cause = found and found.state == "denied" and not found.nw_error
  local wanted = lacks_cause and CAUSE or lacks_place and PLACE
  if err or not wanted or not report or report >= wanted then
    return found, err
  end
  with_report(modem, command, wanted, report, records)
  return records[2] or found
end

-- The first that is registered: of 5G, LTE, older ones, and their packet service alone, as a SIM may be for that. Else
-- what the last one says that knows something.
local function best_registration(modem)
  local best, err
  for _, command in ipairs(standard.registrations) do
    local found
    found, err = read_registration(modem, command)
    if found and registered[found.state] then
      return found
    elseif err then
      return best, err
    end
    local says_more = found and (not best or found.state ~= "deregistered" and not best.nw_error)
    best = says_more and found or best
  end
  return best, err
end

-- Name and number: AT+COPS=3 says in which form they come, so each is asked for.
local function read_provider(modem)
  local provider = { id = "", name = "" }
  local act
  for _, format in ipairs { 2, 0 } do -- 0 is what modems begin with
    local records = {}
    if ask(modem, "AT+COPS=3," .. format) then ask_all(modem, { standard.operator }, records) end
    local found = records[1] or {}
    provider.name, provider.id, act = found.name or provider.name, found.plmn or provider.id, found.act or act
  end
  return provider, act
end

local function untold()
  local questions = {}
  for i, command in ipairs(standard.registrations) do questions[i] = command.asks end
  return errors.fail {
    code = "rejected", source = "at",
    message = "the modem does not tell whether it is registered: it refuses " .. table.concat(questions, ", "),
    hint = "Is its SIM ready, and its radio on? If so, newer firmware may tell.",
  }
end

---@param modem modem.modem
---@return modem.registration?
---@return moontower.error? err
function M.registration(modem)
  if not modem.at then
    return nil, modem.at_error
  end
  local found, err = best_registration(modem)
  if not found and not err then
    return untold()
  elseif not found then
    return nil, err
  end
  local result = { state = found.state or "unknown", provider = { id = "", name = "" }, nw_error = found.nw_error }
  if registered[result.state] then
    local provider, act = read_provider(modem)
    result.provider, result.technology = provider, act == "5G NSA" and act or found.act or act
    result.cell_id, result.tac, result.lac = found.cell_id, found.tac, found.lac
  end
  return result
end

---What the modem is on, by one answer.
---@param modem modem.modem
---@return modem.technology?
function M.technology(modem)
  local records = {}
  ask_all(modem, { standard.operator }, records)
  return records[1] and records[1].act
end

-- ---- cells ----

-- By 27.007, a modem tells which cell it is registered at, and how it receives that technology; of 5G beside LTE, the
-- latter alone.
local function standard_cells(modem)
  local registration, err = M.registration(modem)
  local family = registration and families[registration.technology]
  if err or not family then
    return { serving = {}, neighbours = {} }, err
  end
  local records = { {
    is = "primary", technology = family, cell_id = registration.cell_id, tac = registration.tac, lac = registration.lac,
    plmn = registration.provider.id ~= "" and registration.provider.id or nil,
  } }
  err = ask_all(modem, { standard.quality }, records)
  for i = 2, #records do
    local is_beside = registration.technology == "5G NSA" and records[i].technology == "5G"
    records[i].is = records[i].technology == family and "primary" or is_beside and "secondary" or "signal"
  end
  return air.of(records), err
end

---@param modem modem.modem
---@return modem.cells?
---@return moontower.error? err
function M.cells(modem)
  local cells, err = makers_cells(modem)
  if cells and #cells.serving == 0 then
    local own = standard_cells(modem)
    air.add(cells, own)
  end
  return cells, err
end

-- ---- networks ----

---@param modem modem.modem
---@return modem.found_network[]?
---@return moontower.error? err
function M.scan(modem)
  if not modem.at then
    return nil, modem.at_error
  end
  local reply, err = modem.at:command("AT+COPS=?", { seconds = SCAN_TIME })
  return reply and standard.networks(reply.lines), err and reason.of(modem, err)
end

-- ---- what another protocol does not tell ----

-- Nothing is asked where its maker's commands are not known, or its AT port is in use or silent.
local function has_more(modem)
  local found = maker.of(modem.description)
  if not found or not found.air or not modem.at then
    return false
  end
  return task.now() - (knowledge_of(modem).silent_at or -math.huge) > SILENCE
end

---Completes the cells that MBIM or QMI have told: aggregated carriers, bands, networks. Where they cannot tell any,
---these are all there are.
---@param modem modem.modem
---@param cells modem.cells?
---@param err moontower.error? why there are none
---@return modem.cells?
---@return moontower.error? err
function M.completed_cells(modem, cells, err)
  local is_refused = err and (err.code == "unsupported" or err.code == "rejected")
  local more = (cells or is_refused) and has_more(modem) and makers_cells(modem) or nil
  if cells and more then air.add(cells, more) end
  cells = cells or more
  return cells, not cells and err or nil
end

local function is_whole(signal, lacks_antennas)
  return (signal.lte or signal.nr or signal.umts or signal.gsm) and (signal.antennas or lacks_antennas)
end

---Likewise the signal: what each technology has, and the antennas.
---@param modem modem.modem
---@param signal modem.signal
---@return modem.signal
function M.completed_signal(modem, signal)
  if not has_more(modem) or is_whole(signal, knowledge_of(modem).lacks_antennas) then
    return signal
  end
  local more = M.signal(modem) or {}
  knowledge_of(modem).lacks_antennas = not more.antennas
  for name, value in pairs(more) do
    local own = signal[name]
    for key, part in pairs(type(own) == "table" and name ~= "antennas" and value or {}) do
      if own[key] == nil then own[key] = part end
    end
    if own == nil then signal[name] = value end
  end
  return signal
end

return M
