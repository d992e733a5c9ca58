-- SPDX-License-Identifier: MIT
-- The carrier configurations (MCFG, MBN) that a modem has: sets of its maker's for an operator each, such as where IMS
-- is, which bands and bearers. One of them is active; Qualcomm modems may choose it by the SIM.
--
-- By the maker's AT commands (maker.carrier_configurations), which also tell whether the modem chooses by itself; else
-- by QMI's PDC service. What is chosen holds from the next restart on.

local lazy = require "base.lazy"
local at = require "at"
local at_port = require "modem.at"
local errors = require "errors"
local maker = require "maker"
local pdc = lazy "qmi.pdc"
local subscribers = require "events.subscribers"
local task = require "task"

local ANSWER_TIME = 10
local MOST = 200

---@class modem.carrier_configuration
---@field name string such as "ROW_Generic_3GPP"
---@field version string? hexadecimal digits
---@field active boolean
---@field selected boolean it will be active from the next restart on

---@class modem.carrier_configurations
---@field list modem.carrier_configuration[]
---@field automatic boolean? the modem chooses by the SIM; nil: it does not tell

local M = {}

local function none()
  return errors.fail {
    code = "unsupported", source = "modem", message = "the modem tells of no carrier configurations",
  }
end

-- ---- by AT ----

local function ask(modem, command)
  local reply, err = modem.at:command(command, { seconds = ANSWER_TIME })
  return reply and reply.lines, err
end

local function list_by_at(modem, commands)
  local lines, err = ask(modem, commands.lists)
  if not lines then
    return nil, err
  end
  local found = { list = {} }
  for _, line in ipairs(lines) do
    local fields = at.fields(line)
    if at.prefix(line) == commands.prefix and tostring(fields[1]):lower() == "list" and fields[5] then
      found.list[#found.list + 1] = {
        selected = fields[3] == "1", active = fields[4] == "1", name = fields[5],
        version = fields[6] and tostring(fields[6]):match "^0?[xX]?(%x+)$",
      }
    end
  end
  local automatic = ask(modem, commands.asks_automatic)
  local number = automatic and table.concat(automatic, "\n"):match ",%s*(%d)"
  if number then found.automatic = number == "1" end
  return found
end

local function select_by_at(modem, commands, name)
  for _, command in ipairs(name and commands.selects or commands.selects_automatically) do
    local ok, err = ask(modem, command:format(name))
    if not ok then
      return nil, err
    end
  end
  return true
end

-- ---- by QMI ----

-- A client of PDC, and the queue of what it is indicated.
local function open_pdc(modem)
  local client = modem.qmi:client "pdc"
  local id, err = client:allocate()
  if not id then
    client:release()
    return nil, (err.code == "timeout" or err.code == "gone") and err or select(2, none())
  end
  local queue = subscribers.queue()
  client:subscribe(queue, pdc.list_configs, pdc.get_selected_config, pdc.get_config_info, pdc.set_selected_config,
    pdc.activate_config)
  return client, queue
end

-- Asks, and waits for the indication with the same token.
local function indicated(client, queue, message, values)
  client.token = (client.token or 0) + 1
  values.token = client.token
  local reply, err = client:request(message, values)
  if not reply then
    return nil, err
  end
  return task.timeout(ANSWER_TIME, function()
    while true do
      local item, gone = queue:pop()
      local told = item and item.message == message and item.values
      if not item then
        return nil, gone
      elseif told and told.token == values.token then
        if (told.error or 0) == 0 then
          return told
        end
        return errors.fail {
          code = "rejected", source = "qmi", message = ("%s: %s"):format(message.name,
            require("qmi").status(told.error) or told.error), detail = { error = told.error },
        }
      end
    end
  end)
end

-- Calls fn(client, queue), and gives the client back.
local function with_pdc(modem, fn)
  local client, queue = open_pdc(modem)
  if not client then
    return nil, queue
  end
  local _ <close> = task.finally(function()
    client:unsubscribe(queue)
    client:release()
  end)
  return fn(client, queue)
end

local function list_of(client, queue)
  local listed, err = indicated(client, queue, pdc.list_configs, { type = "software" })
  if err and err.code == "unsupported" then
    return none()
  elseif not listed then
    return nil, err
  end
  -- Without one that is selected, modems answer with an error.
  local selected = indicated(client, queue, pdc.get_selected_config, { type = "software" }) or {}
  local found = { list = {} }
  for i, configuration in ipairs(listed.configurations or {}) do
    if i > MOST then
      break
    end
    local info
    info, err = indicated(client, queue, pdc.get_config_info, { configuration = configuration })
    if not info and (err.code == "timeout" or err.code == "gone") then
      return nil, err
    end
    local is_active = configuration.id == selected.active_id
    local is_pending = configuration.id == selected.pending_id
    found.list[i] = {
      id = configuration.id, name = info and info.description or "?",
      version = info and info.version and ("%X"):format(info.version), active = is_active,
      selected = is_pending or is_active and (selected.pending_id or "") == "",
    }
  end
  return found
end

local function list_by_qmi(modem)
  if not modem.qmi then
    return none()
  end
  return with_pdc(modem, function(client, queue)
    local found, err = list_of(client, queue)
    for _, one in ipairs(found and found.list or {}) do one.id = nil end
    return found, err
  end)
end

local function select_by_qmi(modem, name)
  return with_pdc(modem, function(client, queue)
    local found, err = list_of(client, queue)
    for _, one in ipairs(found and found.list or {}) do
      if one.name == name then
        local ok
        ok, err = indicated(client, queue, pdc.set_selected_config, {
          configuration = { type = "software", id = one.id },
        })
        if ok then
          ok, err = indicated(client, queue, pdc.activate_config, { type = "software" })
        end
        return ok and true, err
      end
    end
    return nil, err or select(2, errors.lacks("qmi", "List Configs", name))
  end)
end

-- ---- whichever the modem has ----

-- Its maker's commands. An AT port is opened only where they may be some: it stays open as long as the modem is.
local function commands_of(modem)
  local by_ids = modem.description and maker.of(modem.description)
  if by_ids then
    return by_ids.carrier_configurations and modem.at and by_ids.carrier_configurations
  end
  local found = modem.at and at_port.maker(modem)
  return found and found.carrier_configurations
end

-- What is opened for few questions is closed again: the daemon keeps its modems for months.
local function list_and_close(modem)
  local was_open = rawget(modem, "qmi") ~= nil
  local found, err = list_by_qmi(modem)
  if not was_open and modem.close_idle_qmi then
    modem:close_idle_qmi()
  end
  return found, err
end

---@param modem table `at` and `qmi`; what it lacks is nil
---@return modem.carrier_configurations?
---@return moontower.error? err "unsupported": it tells of none
function M.list(modem)
  local commands = commands_of(modem)
  local found, err
  if commands then
    found, err = list_by_at(modem, commands)
    if found and found.list[1] or err and (err.code == "timeout" or err.code == "gone") then
      return found, err
    end
  end
  return list_and_close(modem)
end

---Has a configuration active from the next restart on.
---@param modem table
---@param name string|false false: the one that the modem chooses by the SIM
---@return true? ok
---@return moontower.error? err
function M.select(modem, name)
  local commands = commands_of(modem)
  if commands then
    return select_by_at(modem, commands, name)
  elseif modem.qmi and name then
    return select_by_qmi(modem, name)
  end
  return none()
end

---The active one.
---@param found modem.carrier_configurations
---@return modem.carrier_configuration?
function M.active(found)
  for _, one in ipairs(found.list) do
    if one.active then
      return one
    end
  end
end

return M
