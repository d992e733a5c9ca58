-- SPDX-License-Identifier: MIT
-- For test_qmi: prints the id of the client that keeps our connection of this IP family, as our own notes have it.

local state = require "state"

for _, entry in ipairs(state.load("qmi", "cdc-wdm0").clients) do
  if entry.persistent and entry.persistent.family == arg[1] then
    print(entry.client)
  end
end
return 0
