-- SPDX-License-Identifier: MIT
-- What one process of ours does at a time, such as two `moontower up` for two modems that change the same file.

local state = require "state"
local task = require "task"

local PAUSE, TRIES = 0.02, 2000 -- who has the lock waits for a program of the host at most

---@param name string of a lock
---@param fn function
---@return function alone fn, for one caller at a time; returns nil and an error when it never is its turn
return function(name, fn)
  return function(...)
    local lock, err
    for _ = 1, TRIES do
      lock, err = state.lock(name)
      if lock or err.code ~= "busy" then
        break
      end
      task.sleep(PAUSE)
    end
    local held <close> = lock
    if not held then
      return nil, err
    end
    return fn(...)
  end
end
