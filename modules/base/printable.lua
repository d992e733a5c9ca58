-- SPDX-License-Identifier: MIT
-- Text from modems, networks and files, made fit for a terminal: none of it may move the cursor, end a line, or show
-- what follows it in another order.

local encoding = require "base.encoding"

-- Unicode's second block of control characters, which a terminal obeys; its marks, embeddings, overrides and isolates
-- for writing from right to left; and its own ends of lines and paragraphs.
local unfit = {
  "\xc2[\x80-\x9f]", "\xd8\x9c", "\xe2\x80[\x8e\x8f]", "\xe2\x80[\xa8-\xae]", "\xe2\x81[\xa6-\xa9]", "\xef\xbb\xbf",
}

---@param text any
---@return string text with "?" for each character that is not fit; tabs are fit
return function(text)
  text = tostring(text)
  if utf8.len(text) == #text and not text:find "%c" then
    return text -- plain ASCII, as most are
  end
  text = encoding.utf8(text):gsub("[\0-\8\10-\31\127]", "?")
  if text:find "[\xc2\xd8\xe2\xef]" then
    for _, pattern in ipairs(unfit) do text = text:gsub(pattern, "?") end
  end
  return text
end
