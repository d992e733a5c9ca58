-- SPDX-License-Identifier: MIT
-- What one process of ours does at a time, such as two `moontower up` for two modems that change the same file.

local state = require "state"

local PATIENCE = 40 -- seconds: who has the lock waits for a program of the host at most

---@param name string of a lock
---@param fn function
---@return function alone fn, for one caller at a time; returns nil and an error when it never is its turn
return function(name, fn)
  return function(...)
    local lock <close>, err = state.await_lock(name, PATIENCE)
    if not lock then
      return nil, err
    end
    return fn(...)
  end
end
