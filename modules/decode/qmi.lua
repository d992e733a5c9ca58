-- SPDX-License-Identifier: MIT
-- Takes a QMUX frame, or a QMI message without one, apart: a broken one as far as possible.

local qmi = require "qmi"
local read = require "decode.read"
local schema = require "schema"
local split = require "qmi.split"
local tree = require "decode.tree"
local views = require "decode.view"

require "qmi.messages" -- so that all of them are known by name

local u8, u16, rest = schema.u8, schema.u16, schema.rest

local CTL, RESULT, FROM_MODEM, HEADER_SIZE = 0, 0x02, 0x80, 6

local frame_fields = { u8 "marker", u16 "length", u8 "flags", u8 "service", u8 "client", rest "sdu" }
local frame_codec = schema.compile("QMUX", frame_fields)

-- CTL's header is one byte shorter, and has its flags one bit lower.
local ctl_fields = { u8 "flags", u8 "transaction", u16 "message", u16 "length", rest "tlvs" }
local sdu_fields = { u8 "flags", u16 "transaction", u16 "message", u16 "length", rest "tlvs" }
local ctl_codec, sdu_codec = schema.compile("QMI", ctl_fields), schema.compile("QMI", sdu_fields)

local ctl_types = { [0] = "request", [1] = "response", [2] = "indication" }
local types = { [0] = "request", [2] = "response", [4] = "indication" }

local function fields_of(message, part)
  local declaration = message.declaration
  return part == "indication" and declaration.indication == true and declaration.response or declaration[part] or {}
end

-- One TLV by itself, where the whole message could not be read.
local function decode_alone(field, tlv)
  local codec = schema.compile_tlvs("", { [tlv.tag] = { name = field.name, type = schema.optional(field.type) } })
  local values = codec:decode(("<Bs2"):pack(tlv.tag, tlv.bytes)) or {}
  return values[field.name], (values.malformed or {})[tlv.tag]
end

-- How a TLV reads: a node, and why it is only bytes.
local function tlv_node(tlv, field, values, secrets)
  local value, reason
  if field and values then
    value, reason = values[field.name], (values.malformed or {})[tlv.tag]
  elseif field then
    value, reason = decode_alone(field, tlv)
  end
  if value ~= nil then
    return secrets[field.name] and tree.hidden or tree.value(value, field.type, secrets)
  end
  return field and tree.has_secret(field, secrets) and tree.hidden or tree.bytes(tlv.bytes), reason
end

local function show_tlvs(view, list, message, part, values)
  local fields = message and fields_of(message, part) or {}
  local secrets = message and message.secrets or {}
  local seen, body, json = {}, tree.object(), tree.list()
  for _, tlv in ipairs(list) do
    local field, tag = fields[tlv.tag], tlv.tag
    local node, reason
    if seen[tag] or tlv.reason then
      node = field and tree.has_secret(field, secrets) and tree.hidden or tree.bytes(tlv.bytes)
      reason = tlv.reason or "there was one already"
    else
      node, reason = tlv_node(tlv, field, values, secrets)
      if reason and not field then
        reason = nil
      elseif reason then
        view:fail(("%s.%s: TLV 0x%02x: %s"):format(message.name, field.name, tag, reason))
      end
    end
    seen[tag] = true
    if not (part == "response" and tag == RESULT) then
      local name = ("0x%02x %s"):format(tag, field and field.name or "(unknown)")
      body:add(reason and name .. ": " .. reason or name, node)
      json[#json + 1] = tree.object():add("tag", tag):add("name", field and field.name)
        :add(tree.kind(node) == "bytes" and "bytes" or "value", node):add("malformed", reason)
    end
  end
  view.body = #body > 0 and body or nil
  view.json:add("tlvs", json)
end

-- TLV 0x02 of a response, whatever else is wrong with it.
local function show_result(view, list)
  for _, tlv in ipairs(list) do
    if tlv.tag == RESULT and #tlv.bytes >= 4 then
      local status, number = ("<I2I2"):unpack(tlv.bytes)
      local name, sentence = "ok", "it worked"
      if status ~= 0 then
        name, sentence = qmi.status(number)
      end
      view.json:add("status", tree.object():add("number", status == 0 and 0 or number):add("name", name)
        :add("text", sentence))
      local text = status == 0 and name or ("%s (%d): %s"):format(name, number, sentence)
      view.facts:add("status", text)
      return text
    end
  end
end

local function show_message(view, service, header, part)
  local message = qmi.lookup(service, header.message)
  local name = message and message.name or ("0x%04x"):format(header.message)
  view.json:add("message", message and name):add("id", header.message)
  view.facts:add("message", message and ("%s (0x%04x)"):format(name, header.message) or name)
  local codec = message and part and message[part]
  local secret = message ~= nil and next(message.secrets) ~= nil
  local values, err
  if header.tlvs and header.length > #header.tlvs then
    view:fail(("QMI.length: it says %d bytes of TLVs, %d are there"):format(header.length, #header.tlvs))
  end
  local tlvs = (header.tlvs or ""):sub(1, header.length)
  local list, broken = split(tlvs)
  if codec then
    values, err = codec:decode(tlvs)
  elseif message then
    view:note("%s has no %s that is known here", name, part or "message of that type")
  end
  if err or broken then
    view:fail(err and tostring(err) or ("%s: %s"):format(name, broken))
  end
  local status = part == "response" and show_result(view, list)
  if secret and (view.err or not codec) then
    view:payload(tlvs, true)
  else
    show_tlvs(view, list, message, part, values)
  end
  return name, status
end

local function service_name(service)
  return qmi.services[service] or ("0x%02x"):format(service)
end

local function show_sdu(view, service, client, bytes, size)
  local is_ctl = service == CTL
  local header, err = read(is_ctl and ctl_codec or sdu_codec, is_ctl and ctl_fields or sdu_fields, bytes)
  header = header or {}
  if err then
    view:fail(tostring(err))
  end
  local part = header.flags and (is_ctl and ctl_types or types)[header.flags]
  if header.flags and not part then
    view:fail(("QMI.flags: 0x%02x is no type of message"):format(header.flags))
  end
  view:is("QMI", part, part == "request", size)
  if header.transaction then
    view:fact("transaction", header.transaction)
  end
  local name, status
  if header.length then
    name, status = show_message(view, service, header, part)
    if header.tlvs and #header.tlvs > header.length then
      view:note("%d bytes after the end of the message", #header.tlvs - header.length)
    end
  end
  view.summary = ("QMI %s%s%s %s%s%s"):format(
    header.transaction and part ~= "indication" and ("#%d "):format(header.transaction) or "",
    service_name(service), client > 0 and "/" .. client or "", name or "message",
    part == "indication" and " indication" or "", status and ": " .. status or "")
end

local function show_service(view, service)
  if not qmi.services[service] then
    view:note("a service that is not known here by name")
  end
  view.json:add("service", service_name(service)):add("service_id", service)
  view.facts:add("service", ("%s (0x%02x)"):format(service_name(service), service))
end

local M = {}

---@param bytes string a message without a frame around it, as QRTR carries it
---@param service integer
---@return decode.view
function M.sdu(bytes, service)
  local view = views.new("qmi")
  show_service(view, service)
  show_sdu(view, service, 0, bytes, #bytes)
  return view
end

---@param bytes string a frame
---@return decode.view
function M.qmux(bytes)
  local view = views.new("qmi")
  view.title = ("QMUX frame, %d bytes"):format(#bytes)
  if #bytes >= 3 then
    local wanted = ("<I2"):unpack(bytes, 2) + 1
    if wanted < HEADER_SIZE then
      view:fail(("QMUX.length: at least %d wanted, it says %d"):format(HEADER_SIZE - 1, wanted - 1))
    elseif wanted > #bytes then
      view:fail(("QMUX.length: it says %d bytes, %d are there"):format(wanted, #bytes))
    elseif wanted < #bytes then
      view:note("%d bytes after the end of the frame", #bytes - wanted)
      bytes = bytes:sub(1, wanted)
    end
  end
  local frame, err = read(frame_codec, frame_fields, bytes)
  frame = frame or {}
  if frame.marker and frame.marker ~= 1 then
    view:fail(("QMUX.marker: 0x01 wanted, it is 0x%02x"):format(frame.marker))
    view:payload(bytes)
    return view
  elseif err then
    view:fail(tostring(err))
  end
  if frame.flags then
    view.json:add("from_modem", frame.flags & FROM_MODEM ~= 0)
  end
  if frame.service then
    show_service(view, frame.service)
  end
  if frame.client then
    view:fact("client", frame.client)
  end
  if frame.sdu then
    show_sdu(view, frame.service, frame.client, frame.sdu, #bytes)
  end
  return view
end

return M
