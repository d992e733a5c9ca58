-- SPDX-License-Identifier: MIT
-- The scanner of recordings: it finds each secret in each form, and says where.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local scanner = require "support.scanner"
local secrets = require "support.secrets"

local T = {}

local HEAD = '{"recording":1,"command":["up"],"cells":"%s"}\n'

local folder = os.tmpname()
fs.remove(folder)
assert(fs.mkdir(folder))

local function write(cells, ...)
  local lines = table.concat({ HEAD:format(cells):sub(1, -2), ... }, "\n") .. "\n"
  assert(fs.write(folder .. "/planted", process.run({ "gzip", "-c", stdin = lines }).stdout))
  return folder .. "/planted"
end

function T.test_each_secret_is_found_in_each_form()
  local count = 0
  for _, secret in ipairs(secrets.all()) do
    for _, form in ipairs(secret.forms) do
      local found = scanner.text("X" .. form[1]:lower() .. "Y")
      lu.assertTrue(#found > 0, secret.name .. ", " .. form[2])
      count = count + 1
    end
    for word, form in pairs(secret.words) do
      local found = scanner.line { t = 1, from = "host", kind = "sent", text = "x " .. word:lower() }
      lu.assertTrue(#found > 0, secret.name .. ", " .. form)
    end
  end
  lu.assertTrue(count > 1000, count)
end

-- Of what kinds they are: one of each is looked up by name, lest the list has lost some.
function T.test_which_secrets_are_known()
  local names = {}
  for _, secret in ipairs(secrets.all()) do names[secret.name] = true end
  for _, name in ipairs {
    "IMEI of mc7455", "IMSI of mc7455, slot 1", "ICCID of rm520n, slot 2", "PIN of ec25, slot 1",
    "telephone number of em9191, number 2, slot 1",
    "PUK of ec25, slot 1", "cell of le910c4", "area of le910c4", "cell of 5G of rm520n",
    "serial number of mc7455", "latitude of mc7455", "EID", "ICCID of the eSIM's profile AT&T Prepaid", "password",
    "message",
  } do lu.assertTrue(names[name], name) end
end

function T.test_forms()
  for text, expected in pairs {
    ["359072060000011"] = "IMEI, as text", ["53092760000010F1"] = "IMEI, swapped digits",
    ["330031003000310032003000300030003000300030003000310032003300"] = "IMSI, UTF-16LE",
    ["012C3B0A"] = "cell, integer", ["A3B2C01"] = "cell, as text", ["003100320033003400"] = "PIN, UTF-16BE",
    ["35907206"] = false, ["310120"] = false, ["310012003400"] = false, ["3800310032003300340038"] = false,
  } do
    local found = scanner.text(text)[1]
    lu.assertEquals(found and found.secret:gsub(" of .*", "") .. ", " .. found.form or false, expected, text)
  end
end

-- In bytes, forms begin where a byte does, and words are no words.
function T.test_forms_in_bytes()
  local function find(bytes) return scanner.line { t = 1, stream = 1, from = "modem", bytes = bytes }[1] end
  lu.assertEquals(find("00012C3B0A00").form, "integer")
  lu.assertNil(find "0012C3B0A0")
  lu.assertNil(find "00A3B2C010")
  lu.assertEquals(find("0089049032000000000000000000005595").secret, "EID")
end

function T.test_a_planted_secret_fails_the_scan()
  local line = '{"t":1,"stream":1,"from":"modem","kind":"urc","text":"359072060000011"}'
  local path = write("replaced", '{"t":1,"exit":0}', line)
  local list = scanner.recording(path)
  lu.assertEquals({ #list, list[1].line, list[1].finding.secret }, { 1, 3, "IMEI of mc7455" })
  local script = package.searchpath("support.scanner", package.path):gsub("lua/support/.*", "scan_recordings.lua")
  local ran = process.run { program.executable, "run", script, folder }
  lu.assertEquals(ran.status, 1)
  lu.assertStrContains(ran.stdout, "planted, line 3: IMEI of mc7455, as text: ")
  lu.assertEquals(#scanner.recording(write("replaced", line:sub(1, -3))), 1, "a damaged one")
  write("replaced", '{"t":1,"exit":0}')
  lu.assertEquals(process.run({ program.executable, "run", script, folder }).status, 0)
  fs.remove(path)
  lu.assertEquals(process.run({ program.executable, "run", script, folder }).status, 1, "none is no proof")
end

function T.test_cells_that_may_be_kept()
  local line = '{"t":1,"stream":1,"from":"modem","kind":"urc","text":"+CEREG: 1,\\"2F01\\",\\"A3B2C01\\",7"}'
  lu.assertEquals(#(scanner.recording(write("kept", line))), 0)
  lu.assertEquals(#scanner.recording(write("replaced", line)), 2)
end

function T.teardownClass() process.run { "rm", "-r", folder } end

return T
