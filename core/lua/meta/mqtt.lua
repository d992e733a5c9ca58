---@meta core.mqtt
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/mqtt.c.

local M = {}

--- connect { host = string, port = integer?, user = string?, password = string?, ca = string?, will_topic =
--- string?, will = string? } waits -> client | nil, err. `ca`: a file of certificates, for TLS; `will` is what the
--- broker publishes, retained, when we are gone without a word.
---@param options { host: string, port: integer?, user: string?, password: string?, ca: string?, will_topic: string?, will: string? }
---@return core.mqtt.client? client
---@return moontower.error? err
function M.connect(options) end

---@class core.mqtt.client
local client = {}

--- client:close(): takes leave, so that the broker does not publish the will.
function client:close() end

--- client:publish(topic = string, payload = string, retain = boolean?) waits -> true | nil, err. True once the
--- broker has it (QoS 1); one at a time.
---@param topic string
---@param payload string
---@param retain boolean?
---@return true?
---@return moontower.error? err
function client:publish(topic, payload, retain) end

--- client:wait_lost() waits -> nil, err: why, once the connection is lost.
---@return ?
---@return moontower.error? err
function client:wait_lost() end

return M
