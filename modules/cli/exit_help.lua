-- SPDX-License-Identifier: MIT
-- How one command may end, for its help.

local M = {}

-- What each exit status means there, in fewer words.
local short = {
  [0] = "done", [1] = "failed otherwise", [2] = "usage", [3] = "no modem, or several, or gone", [4] = "SIM",
  [5] = "no network", [6] = "connection refused", [7] = "no answer from the modem", [8] = "not permitted, or in use",
  [9] = "carrier file", [10] = "connected, but nothing answers", [11] = "not online", [12] = "not as wanted",
}

---How a command may end: any may fail, be called in a wrong way, or be interrupted.
---@param exits table<integer, string|true>? those that it ends with besides, in other words where those fit better
---@return { status: integer, words: string }[]
function M.of_command(exits)
  local all, list = { [0] = true, true, true }, {}
  for status, words in pairs(exits or {}) do all[status] = words end
  for status, words in pairs(all) do
    list[#list + 1] = { status = status, words = words == true and short[status] or words }
  end
  table.sort(list, function(a, b) return a.status < b.status end)
  return list
end

---The lines for a command's help.
---@param exits table<integer, string|true>?
---@return string
function M.help(exits)
  local lines, line, list = {}, "Exit status:", M.of_command(exits)
  for i, one in ipairs(list) do
    local part = (" %d %s%s"):format(one.status, one.words, i < #list and ";" or ".")
    if #line + #part > 79 then
      lines[#lines + 1], line = line, part:sub(2)
    else
      line = line .. part
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

return M
