-- SPDX-License-Identifier: MIT
-- Text from modems, networks and files, made fit for a terminal: none of it may move the cursor or end a line.

---@param text any
---@return string text with "?" for each control character but tabs, those of Unicode's second block too
return function(text)
  return (tostring(text):gsub("[%z\1-\8\10-\31\127]", "?"):gsub("\xc2[\x80-\x9f]", "?"))
end
