-- SPDX-License-Identifier: MIT
-- Pictures in SVG: elements as text, whatever words are in them.

local printable = require "base.printable"

local M = {}

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;" }

---Text as XML has it: without the characters that no XML may have.
---@param text any
---@return string
function M.escape(text)
  return (printable(text):gsub("\xef\xbf[\xbe\xbf]", "?"):gsub("[&<>\"']", ESCAPES))
end

local function attribute(value)
  if math.type(value) == "float" then
    return (("%.1f"):format(value):gsub("%.0$", ""))
  end
  return M.escape(value)
end

---An element. Attributes are sorted, so that the same picture is the same text.
---@param name string
---@param attributes table<string, string|number>
---@param content string? elements, or M.escape(text); nil: it is empty
---@return string
function M.element(name, attributes, content)
  local names, parts = {}, { "<", name }
  for key in pairs(attributes) do names[#names + 1] = key end
  table.sort(names)
  for _, key in ipairs(names) do parts[#parts + 1] = (' %s="%s"'):format(key, attribute(attributes[key])) end
  parts[#parts + 1] = content and (">%s</%s>\n"):format(content, name) or "/>\n"
  return table.concat(parts)
end

---A text at a place.
---@param x number
---@param y number of its baseline
---@param text string
---@param attributes table<string, string|number>?
---@return string
function M.text(x, y, text, attributes)
  local all = { x = x, y = y }
  for key, value in pairs(attributes or {}) do all[key] = value end
  return M.element("text", all, M.escape(text))
end

---What is shown while the pointer is over an element: its first content.
---@param text string
---@return string
function M.title(text) return M.element("title", {}, M.escape(text)) end

---A whole file.
---@param width integer
---@param height integer
---@param elements string[]
---@return string
function M.document(width, height, elements)
  return '<?xml version="1.0" encoding="UTF-8"?>\n' .. M.element("svg", {
    xmlns = "http://www.w3.org/2000/svg", width = width, height = height, viewBox = ("0 0 %d %d"):format(width, height),
    ["font-family"] = "sans-serif", ["font-size"] = 12,
  }, "\n" .. M.element("rect", { width = width, height = height, fill = "white" }) .. table.concat(elements))
end

return M
