-- SPDX-License-Identifier: MIT
-- Compressed bytes, and gzip itself, which has the last word on what is one.

local fs = require "core.fs"
local gzip = require "core.gzip"
local lu = require "luaunit"
local process = require "core.process"

local T = {}

local path = os.tmpname()

local function by_gzip()
  local ran = process.run { "gzip", "-dc", path }
  return ran.stdout, ran.status
end

function T.test_gzip_reads_what_is_written()
  local writer <close> = assert(gzip.writer())
  local text = ("a line\n"):rep(5000)
  assert(fs.write(path, assert(writer:add(text)) .. assert(writer:add "another\n") .. assert(writer:finish())))
  lu.assertEquals({ by_gzip() }, { text .. "another\n", 0 })
  lu.assertTrue(#fs.read(path) < 300)
  lu.assertErrorMsgContains("it is closed", writer.add, writer, "more")
end

-- The program was killed: what it had added is there.
function T.test_without_its_end_all_that_was_added_can_be_read()
  local writer <close> = gzip.writer()
  local bytes = writer:add "one\n" .. writer:add "two\n"
  local reader <close> = gzip.reader(100)
  lu.assertEquals({ reader:add(bytes) }, { "one\ntwo\n", false })
end

function T.test_byte_by_byte()
  local writer <close> = gzip.writer()
  local bytes = writer:add(("x"):rep(100000)) .. writer:finish "end"
  local reader <close> = gzip.reader(1 << 20)
  local pieces, ended = {}, nil
  for i = 1, #bytes do pieces[i], ended = reader:add(bytes:sub(i, i)) end
  lu.assertEquals(table.concat(pieces), ("x"):rep(100000) .. "end")
  lu.assertTrue(ended)
end

function T.test_damaged_bytes_and_more_than_is_wanted()
  local writer <close> = gzip.writer()
  local bytes = writer:finish(("x"):rep(100000))
  local reader <close> = gzip.reader(99999)
  lu.assertEquals(select(2, reader:add(bytes)).code, "invalid")
  for _, damaged in ipairs { "no gzip", bytes:sub(1, 20) .. "\255\255\255" .. bytes:sub(24) } do
    local other <close> = gzip.reader(1 << 20)
    lu.assertEquals(select(2, other:add(damaged)).code, "malformed")
  end
end

function T.teardownClass() fs.remove(path) end

return T
