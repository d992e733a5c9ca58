-- SPDX-License-Identifier: MIT
-- core.http, asked by curl.

local http = require "core.http"
local lu = require "luaunit"
local process = require "core.process"
local task = require "task"

local T = {}

-- Serves in tasks of their own while fn(address, shell) runs.
local function serve(handle, fn, options)
  options = options or {}
  options.address = options.address or "127.0.0.1"
  local server <close> = assert(http.listen(options))
  local group <close> = task.group()
  group:spawn(function()
    for request in server.next, server do
      group:spawn(function()
        local open <close> = request
        handle(open)
      end)
    end
  end)
  local host = options.address:find ":" and "[" .. options.address .. "]" or options.address
  fn(("%s:%d"):format(host, server:port()), function(command)
    local result = assert(process.run { "sh", "-c", command, timeout = 60 })
    return result.stdout, result.status
  end)
  server:close()
end

local function mirror(request)
  request:answer(200, { ["X-Path"] = request:path(), ["X-Client"] = request:client() },
    ("%s %s %s"):format(request:method(), request:query "q" or "-", request:body()))
end

function T.test_a_request_and_its_answer()
  for _, address in ipairs { "127.0.0.1", "::1" } do
    serve(mirror, function(place, shell)
      local out = shell(("curl -si --data hello 'http://%s/a%%20b?q=%%26x'"):format(place))
      lu.assertStrContains(out, "HTTP/1.1 200 OK")
      lu.assertStrContains(out, "X-Path: /a b")
      lu.assertStrContains(out, "X-Client: " .. address .. "\r\n")
      lu.assertStrContains(out, "POST &x hello")
    end, { address = address })
  end
end

function T.test_a_body_that_is_too_long()
  serve(mirror, function(place, shell)
    local ask = "head -c %d /dev/zero | curl -s -o /dev/null -w '%%{http_code}' --data-binary @- http://" .. place
    lu.assertEquals(shell(ask:format(64 << 10)), "200")
    lu.assertEquals(shell(ask:format((64 << 10) + 1)), "413")
  end)
end

function T.test_one_that_is_not_answered()
  serve(function() end, function(place, shell)
    lu.assertStrContains(shell("curl -si http://" .. place), "500 Internal Server Error")
  end)
end

function T.test_no_header_that_begins_another_line()
  serve(function(request)
    local ok, err = request:answer(200, { ["X-A"] = "a\r\nX-B: b" }, "")
    lu.assertNil(ok)
    lu.assertEquals(err.code, "invalid")
  end, function(place, shell)
    lu.assertNotStrContains(shell("curl -si http://" .. place), "X-B")
  end)
end

function T.test_a_stream()
  serve(function(request)
    assert(request:stream(200, { ["Content-Type"] = "text/event-stream" }))
    for i = 1, 3 do assert(request:write(("data: %d\n\n"):format(i))) end
  end, function(place, shell)
    lu.assertEquals(shell("curl -sN http://" .. place), "data: 1\n\ndata: 2\n\ndata: 3\n\n")
  end)
end

function T.test_a_client_of_a_stream_that_does_not_read_or_goes()
  local ended = task.queue(2)
  serve(function(request)
    assert(request:stream(200))
    local ok, err
    repeat
      ok, err = request:write(("x"):rep(60000))
      task.sleep(0.001)
    until not ok
    ended:push(err.code)
  end, function(place, shell)
    local group <close> = task.group()
    group:spawn(shell, ("curl -sN --limit-rate 1 http://%s >/dev/null"):format(place))
    lu.assertEquals(task.timeout(60, ended.pop, ended), "busy")
    shell(("curl -sN http://%s | head -c 1000 >/dev/null"):format(place))
    lu.assertEquals(task.timeout(60, ended.pop, ended), "gone")
  end)
end

-- Nothing is sent in between, so that only its leaving can tell.
function T.test_a_client_of_a_silent_stream_that_goes()
  local told, began = task.queue(2), task.queue(2)
  serve(function(request)
    assert(request:stream(200))
    assert(request:write "here")
    began:push(true)
    request:wait_gone()
    told:push(select(2, request:write "more").code)
  end, function(place)
    do
      local group <close> = task.group()
      group:spawn(process.run, { "curl", "-sN", "http://" .. place, timeout = 600 })
      began:pop()
    end
    lu.assertEquals(task.timeout(60, told.pop, told), "gone")
  end)
end

function T.test_a_silent_stream_that_is_closed_while_a_task_waits()
  local told = task.queue(2)
  serve(function(request)
    assert(request:stream(200))
    local group <close> = task.group()
    group:spawn(function()
      request:wait_gone()
      told:push "closed"
    end)
    task.sleep(0)
    request:close()
    lu.assertEquals(told:pop(), "closed")
  end, function(place, shell)
    local _, status = shell("curl -sN http://" .. place)
    lu.assertEquals(status, 0)
  end)
end

-- One client may have half of the connections, so that it cannot keep others away. It ends them by its own end.
function T.test_a_client_with_many_connections()
  serve(mirror, function(place, shell)
    local out = shell(([[/usr/bin/python3 -c '
import socket
host, port = "%s".rsplit(":", 1)
held = [socket.create_connection((host, int(port))) for _ in range(150)]
for one in held[:150]:
    try: one.send(b"GET / HTTP/1.1\r\n")
    except OSError: pass
other = socket.socket(); other.bind(("127.0.0.2", 0)); other.connect((host, int(port)))
other.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
print(other.recv(12).decode())']]):format(place))
    lu.assertEquals(out, "HTTP/1.1 200\n")
  end)
end

function T.test_https()
  local made = assert(process.run { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
    "-keyout", "-", "-out", "-", "-days", "2" })
  local key = made.stdout:match "(%-%-%-%-%-BEGIN PRIVATE KEY.-%-%-%-%-%-END PRIVATE KEY%-%-%-%-%-\n)"
  local certificate = made.stdout:match "(%-%-%-%-%-BEGIN CERTIFICATE.-%-%-%-%-%-END CERTIFICATE%-%-%-%-%-\n)"
  serve(mirror, function(place, shell)
    local command = "printf '%s' '" .. certificate .. "' | curl -s --cacert /dev/stdin https://" .. place
    lu.assertEquals(shell(command), "GET - ")
  end, { certificate = certificate, key = key })
  local server, err = http.listen { address = "127.0.0.1", certificate = "none", key = "none" }
  lu.assertNil(server)
  lu.assertEquals(err.code, "invalid")
end

function T.test_an_address_that_is_in_use()
  serve(mirror, function(place)
    local server, err = http.listen { address = "127.0.0.1", port = math.tointeger(place:match ":(%d+)$") }
    lu.assertNil(server)
    lu.assertEquals(err.code, "busy")
  end)
end

function T.test_closed_while_a_request_waits()
  local server = assert(http.listen { address = "127.0.0.1" })
  local group <close> = task.group()
  group:spawn(process.run, { "curl", "-s", ("http://127.0.0.1:%d/"):format(server:port()), timeout = 60 })
  local request <close> = assert(server:next())
  server:close()
  lu.assertEquals(select(2, request:answer(200)).code, "gone")
  lu.assertNil(request:header "Host")
  lu.assertEquals(select(2, server:next()).code, "gone")
end

return T
