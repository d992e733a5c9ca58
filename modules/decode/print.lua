-- SPDX-License-Identifier: MIT
-- Puts a decoded message into lines for people, or into one JSON object.

local json = require "base.json"
local printable = require "base.printable"
local tree = require "decode.tree"

local M = {}

local BYTES_PER_LINE, WIDEST_NAME, LONGEST_LIST = 16, 36, 72

local function hex(bytes, between)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) .. between end):gsub(" $", ""))
end

-- One line, or nil when the node needs several.
local function inline(node)
  local kind = tree.kind(node)
  if kind == "scalar" then
    return printable(node.text)
  elseif kind == "bytes" then
    return #node.bytes == 0 and "(none)" or #node.bytes <= BYTES_PER_LINE and hex(node.bytes, " ") or nil
  elseif kind == "list" then
    local texts = {}
    for i, element in ipairs(node) do
      texts[i] = tree.kind(element) ~= "list" and inline(element)
      if not texts[i] then
        return nil
      end
    end
    local text = #texts == 0 and "(none)" or table.concat(texts, ", ")
    return #text <= LONGEST_LIST and text or nil
  elseif kind == "object" then
    return #node == 0 and "(none)" or nil
  end
  return node == "" and '""' or printable(node)
end

local add_object

local function add_bytes(lines, bytes, indent)
  for at = 1, #bytes, BYTES_PER_LINE do
    local part = bytes:sub(at, at + BYTES_PER_LINE - 1)
    lines[#lines + 1] = ("%s%-48s %s"):format(indent, hex(part, " "), (part:gsub("[^\32-\126]", ".")))
  end
end

local function add_list(lines, list, indent)
  for _, element in ipairs(list) do
    local text = inline(element)
    if text then
      lines[#lines + 1] = indent .. "- " .. text
    else
      local first = #lines + 1
      if tree.kind(element) == "object" then
        add_object(lines, element, indent .. "  ")
      else
        lines[first] = indent .. "  ..."
        add_list(lines, element, indent .. "  ")
      end
      lines[first] = indent .. "- " .. lines[first]:sub(#indent + 3)
    end
  end
end

function add_object(lines, object, indent)
  local texts, width = {}, 0
  for i, pair in ipairs(object) do
    texts[i] = inline(pair[2])
    if texts[i] and #pair[1] <= WIDEST_NAME then
      width = math.max(width, #pair[1])
    end
  end
  for i, pair in ipairs(object) do
    local name, node = printable(pair[1]), pair[2]
    if texts[i] then
      lines[#lines + 1] = indent .. name .. (" "):rep(width - #name) .. "  " .. texts[i]
    else
      lines[#lines + 1] = indent .. name
      local kind = tree.kind(node)
      local add = kind == "object" and add_object or kind == "list" and add_list or add_bytes
      add(lines, kind == "bytes" and node.bytes or node, indent .. "  ")
    end
  end
end

-- The contents of the message without its header.
local function add_body(lines, view, indent)
  for _, note in ipairs(view.notes) do
    lines[#lines + 1] = indent .. "note: " .. printable(note)
  end
  if view.body then
    add_object(lines, view.body, indent)
  end
  if view.rest then
    add_object(lines, tree.object():add("payload", view.rest), indent)
  end
end

---The values alone, for under a summary.
---@param view decode.view
---@param indent string
---@return string[] lines
function M.body(view, indent)
  local lines = {}
  if view.err then
    lines[1] = indent .. "wrong: " .. printable(view.err)
  end
  add_body(lines, view, indent)
  if view.inner then
    lines[#lines + 1] = indent .. view.inner.summary
    local inner = M.body(view.inner, indent .. "  ")
    table.move(inner, 1, #inner, #lines + 1, lines)
  end
  return lines
end

---All of it.
---@param view decode.view
---@return string[] lines
function M.all(view)
  local lines = { view.title }
  add_object(lines, view.facts, "  ")
  if #view.facts > 0 and (view.body or view.rest or view.notes[1]) then
    lines[#lines + 1] = ""
  end
  add_body(lines, view, "  ")
  if view.inner then
    lines[#lines + 1] = ""
    local inner = M.all(view.inner)
    table.move(inner, 1, #inner, #lines + 1, lines)
  end
  return lines
end

-- Nodes as plain tables that json.lua writes in order.
local function plain(node)
  local kind = tree.kind(node)
  if kind == "scalar" then
    return node.value
  elseif kind == "bytes" then
    return hex(node.bytes, "")
  elseif kind == "list" then
    local list = setmetatable({}, { __jsontype = "array" })
    for i, element in ipairs(node) do list[i] = plain(element) end
    return list
  elseif kind == "object" then
    local names, object = {}, {}
    for i, pair in ipairs(node) do
      names[i] = pair[1]
      object[pair[1]] = plain(pair[2])
    end
    return setmetatable(object, { __jsontype = "object", __jsonorder = names })
  end
  return node
end

---@param view decode.view
---@param first table? object: what comes before the message's own
---@return string json
function M.json(view, first, options)
  local object = tree.object()
  for _, pair in ipairs(first or {}) do object:add(pair[1], pair[2]) end
  for _, pair in ipairs(view.json) do object:add(pair[1], pair[2]) end
  local notes = {}
  for _, source in ipairs { view, view.inner } do
    table.move(source.notes, 1, #source.notes, #notes + 1, notes)
  end
  object:add("notes", #notes > 0 and tree.list(notes) or nil)
  local err = view:failure()
  if err then
    object:add("error", tree.object():add("code", err.code):add("message", tostring(err)))
  end
  return json.encode(plain(object), options)
end

return M
