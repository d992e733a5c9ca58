-- SPDX-License-Identifier: MIT
-- What a modem answers and indicates, read as the version of MBIMEx lays it out that it speaks with us.

local lazy = require "base.lazy"
local core = require "core.mbim"
local errors = require "errors"
local mbim = require "mbim.command"

-- Loaded late: few programs need them.
local agreement = lazy "mbim.agreement"
local verdict = lazy "cause.verdict"
local versions = lazy "mbim.versions"

local decode = core.decode
local NOT_OPENED = 5 -- MBIM_ERROR_NOT_OPENED

local M = {}

---Decodes a body that the modem has sent: in the layout of the version in force, or else in the one that it fits.
---@param device mbim.device
---@param command mbim.command
---@param part "response"|"indication"
---@param info string
---@return table? values
---@return moontower.error? err
function M.body(device, command, part, info)
  local values, err, certain = versions.read(command, part, info, device.version)
  if certain and certain ~= device.version then
    agreement.noticed(device, certain)
  end
  return values, err
end

---An answer with a status that is no success.
---@param doing string
---@param answer table
---@param reply table? what of its body can be read
---@return nil
---@return moontower.error err
function M.refusal(doing, answer, reply)
  local name, sentence, kind = mbim.status(answer.status)
  return verdict.fail(doing, verdict.new(kind, sentence), {
    source = "mbim",
    detail = { status = name, number = answer.status, reply = reply, nw_error = reply and reply.nw_error },
  })
end

local function failed_status(device, command, answer)
  -- Some modems say why in a body; it may be cut short, and is worth what can be read of it.
  return M.refusal(command.name, answer, command.response and #answer.info > 0
    and versions.read(command, "response", answer.info, device.version) or nil)
end

---@param doing string
---@param answer table
---@return nil
---@return moontower.error err
function M.protocol_failure(doing, answer)
  local name, sentence, kind = mbim.protocol_error(answer.status)
  return verdict.fail(doing, verdict.new(kind, sentence), {
    source = "mbim", code = name == "not-opened" and "not-open" or nil,
    detail = { protocol_error = name, number = answer.status },
  })
end

-- An answer must be to what was asked: a confused modem may use a number twice.
local function read_message(device, command, answer)
  if answer.type == "function-error" then
    return M.protocol_failure(command.name, answer)
  elseif answer.type ~= "command-done" or answer.service ~= command.service_uuid or answer.cid ~= command.cid then
    return errors.fail {
      code = "malformed", source = "mbim",
      message = ("%s: the modem answered something else"):format(command.name),
    }
  elseif answer.status ~= 0 then
    return failed_status(device, command, answer)
  elseif not command.response then
    return {}
  end
  return M.body(device, command, "response", answer.info)
end

---Does an answer say that the function is not open? To know that, no table of errors is loaded.
---@param bytes string
---@return boolean
function M.is_not_opened(bytes)
  local answer = core.parse(bytes)
  return answer ~= nil and answer.type == "function-error" and answer.status == NOT_OPENED
end

local response_shapes = setmetatable({}, { __mode = "k" }) -- of layouts, as versions tells them

local function note_shape(layout)
  local shape = versions.response_shape(layout)
  response_shapes[layout] = shape
  return shape
end

---An answer. Most have one layout in all versions, and are decoded in one step.
---@param device mbim.device
---@param command mbim.command
---@param bytes string
---@return table? reply
---@return moontower.error? err
function M.read(device, command, bytes)
  if not command.response then
    return read_message(device, command, assert(core.parse(bytes)))
  end
  local layout, version, shape = command, device.version, nil
  if command.declaration.later then
    layout = version and mbim.at(command, version) or command
    shape = response_shapes[layout] or note_shape(layout)
  end
  -- MBIM 1.0's has its shape closely: the fields of a later version are more, or its data would lead into them.
  local reply, err, other = decode(layout.response, bytes, command.service_uuid, command.cid, shape, not version)
  if other then
    return read_message(device, command, other)
  end
  return reply, err
end

return M
