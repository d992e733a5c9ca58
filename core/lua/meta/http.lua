---@meta core.http
-- SPDX-License-Identifier: MIT
-- Made by tests/stubs from core/lua/http.c.

local M = {}

--- listen { address, port = integer?, certificate = string?, key = string? } -> server | nil, err. HTTP on that
--- address, and HTTPS if there are a certificate and a key (PEM). A client may have 100 connections, all of them
--- 200; a body is at most 64 KiB. Port 0 is one that is free.
---@param options { address: string, port: integer?, certificate: string?, key: string? }
---@return core.http.server? server
---@return moontower.error? err
function M.listen(options) end

---@class core.http.request
local request = {}

--- request:answer(code = integer, headers = table?, body = string?) -> true | nil, err. The whole answer.
---@param code integer
---@param headers table?
---@param body string?
---@return true?
---@return moontower.error? err
function request:answer(code, headers, body) end

--- request:body() -> string
---@return string
function request:body() end

--- request:client() -> address
---@return string address
function request:client() end

--- request:close(): the end of its answer; one that has none is answered with 500.
function request:close() end

--- request:header(name) -> string?: nil where it has none.
---@param name string
---@return string? string
function request:header(name) end

--- request:method() -> string
---@return string
function request:method() end

--- request:path() -> string: without a query.
---@return string
function request:path() end

--- request:query(name) -> string?: what the address has behind "?".
---@param name string
---@return string? string
function request:query(name) end

--- request:stream(code = integer, headers = table?) -> true | nil, err. Begins an answer whose parts
--- request:write() sends.
---@param code integer
---@param headers table?
---@return true?
---@return moontower.error? err
function request:stream(code, headers) end

--- request:wait_gone() waits: until the client of a stream has gone, or the request is closed. One task may.
function request:wait_gone() end

--- request:write(text) -> true | nil, err: "gone" once its client has gone; "busy" if that does not read, and 256
--- KiB wait for it already.
---@param text string
---@return true?
---@return moontower.error? err
function request:write(text) end

---@class core.http.server
local server = {}

--- server:close(): ends all connections; a task that waits gets an error with the code "gone".
function server:close() end

--- server:next() waits -> request | nil, err
---@return core.http.request? request
---@return moontower.error? err
function server:next() end

--- server:port() -> integer
---@return integer
function server:port() end

return M
