-- SPDX-License-Identifier: MIT
-- Text from modems, networks and files, made fit for a terminal: none of it may move the cursor, end a line, or show
-- what follows it in another order.

local encoding = require "base.encoding"

---@param text any
---@return string text with "?" for each character that is not fit; tabs are fit
return function(text)
  text = encoding.utf8(tostring(text)):gsub("[\0-\8\10-\31\127]", "?")
  return encoding.replace_unfit(text, "?")
end
