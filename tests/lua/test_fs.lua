-- SPDX-License-Identifier: MIT
-- core.fs: files read, replaced, locked and looked at.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"

local T = {}
local folder

function T.setUp()
  folder = os.tmpname()
  os.remove(folder)
  assert(fs.mkdir(folder .. "/a/b", 448)) -- 0700
end

function T.tearDown()
  for _, name in ipairs(fs.list(folder) or {}) do
    os.remove(folder .. "/" .. name)
  end
  fs.remove(folder .. "/a/b")
  fs.remove(folder .. "/a")
  lu.assertTrue(fs.remove(folder))
end

function T.test_mkdir_makes_parents_and_accepts_what_is_there()
  lu.assertEquals(fs.stat(folder .. "/a").type, "directory")
  lu.assertTrue(fs.mkdir(folder .. "/a/b"))
  assert(fs.write(folder .. "/file", ""))
  local ok, err = fs.mkdir(folder .. "/file")
  lu.assertNil(ok)
  lu.assertEquals(err.code, "exists")
end

function T.test_mkdir_gives_the_mode_whatever_the_umask_is()
  local script = [[umask 077; echo "assert(require('core.fs').mkdir('%s/open/wide'))" | %s run -]]
  local made = assert(process.run { "sh", "-c", script:format(folder, program.executable), timeout = 60 })
  lu.assertEquals(made.status, 0, made.stderr)
  lu.assertEquals({ fs.stat(folder .. "/open").mode, fs.stat(folder .. "/open/wide").mode }, { 493, 493 }) -- 0755
  assert(fs.remove(folder .. "/open/wide"))
  assert(fs.remove(folder .. "/open"))
end

function T.test_mode_and_group()
  local path = folder .. "/file"
  assert(fs.write(path, "x"))
  assert(fs.chmod(path, 416)) -- 0640
  lu.assertStrContains(assert(process.run { "stat", "-c", "%a", path }).stdout, "640")
  local own = assert(process.run { "id", "-gn" }).stdout:match "%S+"
  lu.assertTrue(fs.chgrp(path, own))
  local nothing, err = fs.chgrp(path, "no-such-group")
  lu.assertNil(nothing)
  lu.assertStrContains(tostring(err), "no-such-group")
  lu.assertEquals(select(2, fs.chmod(folder .. "/none", 384)).code, "not-found")
end

function T.test_write_and_read()
  local path = folder .. "/file"
  local text = ("line\0\n"):rep(10000)
  lu.assertTrue(fs.write(path, text, 384)) -- 0600
  lu.assertEquals(fs.read(path), text)
  lu.assertEquals(fs.stat(path).mode, 384)
  lu.assertTrue(fs.write(path, "short"))
  lu.assertEquals(fs.read(path), "short")
end

function T.test_read_has_a_limit()
  local path = folder .. "/file"
  assert(fs.write(path, ("x"):rep(1 << 20)))
  lu.assertEquals(#fs.read(path), 1 << 20)
  assert(fs.write(path, ("x"):rep((1 << 20) + 1)))
  local text, err = fs.read(path)
  lu.assertNil(text)
  lu.assertEquals(err.detail.errno, "EFBIG")
  text, err = fs.read(folder .. "/none")
  lu.assertNil(text)
  lu.assertEquals(err.code, "not-found")
  text, err = fs.read(folder)
  lu.assertNil(text)
  lu.assertEquals(err.detail.errno, "EISDIR")
end

function T.test_write_atomic_replaces_and_leaves_nothing_behind()
  local path = folder .. "/state"
  lu.assertTrue(fs.write_atomic(path, "one", 384)) -- 0600
  local first = fs.stat(path)
  lu.assertTrue(fs.write_atomic(path, "two", 384))
  lu.assertEquals(fs.read(path), "two")
  lu.assertNotEquals(fs.stat(path).inode, first.inode)
  lu.assertEquals(fs.list(folder), { "a", "state" })
  local ok, err = fs.write_atomic(folder .. "/none/state", "x")
  lu.assertNil(ok)
  lu.assertEquals(err.code, "not-found")
  ok = fs.write_atomic(folder .. "/a", "a directory stands there")
  lu.assertNil(ok)
  lu.assertEquals(fs.list(folder), { "a", "state" })
end

function T.test_links()
  local path = folder .. "/link"
  lu.assertTrue(fs.symlink("a", path))
  lu.assertEquals(fs.readlink(path), "a")
  lu.assertEquals(fs.stat(path).type, "directory")
  lu.assertEquals(fs.stat(path, "link").type, "link")
  lu.assertEquals(fs.realpath(path .. "/b"), fs.realpath(folder) .. "/a/b")
  lu.assertNil((fs.readlink(folder)))
  lu.assertNil((fs.realpath(folder .. "/none")))
end

function T.test_stat_of_a_device()
  local info = fs.stat("/dev/null")
  lu.assertEquals(info.type, "character")
  lu.assertEquals({ info.rdev_major, info.rdev_minor }, { 1, 3 })
  lu.assertNil(fs.stat(folder).rdev_major)
  local nothing, err = fs.stat(folder .. "/none")
  lu.assertNil(nothing)
  lu.assertEquals(err.code, "not-found")
end

function T.test_lock()
  local path = folder .. "/lock"
  do
    local lock <close> = assert(fs.lock(path))
    lu.assertEquals(fs.stat(path).mode, 384) -- 0600
    local second, err = fs.lock(path)
    lu.assertNil(second)
    lu.assertEquals(err.code, "busy")
    lu.assertNotNil(lock)
  end
  local again = assert(fs.lock(path))
  again:close()
  again:close()
end

function T.test_list_is_sorted_and_not_for_files()
  for _, name in ipairs { "c", "b", "d" } do
    assert(fs.write(folder .. "/" .. name, ""))
  end
  lu.assertEquals(fs.list(folder), { "a", "b", "c", "d" })
  local names, err = fs.list(folder .. "/none")
  lu.assertNil(names)
  lu.assertEquals(err.code, "not-found")
end

function T.test_executable()
  lu.assertStrContains(fs.executable("sh"), "/sh")
  lu.assertNil(fs.executable("no-such-program-anywhere"))
  lu.assertNil(fs.executable("/bin/sh"))
end

function T.test_this_process()
  lu.assertEquals(tostring(fs.getpid()), fs.readlink("/proc/self"))
  lu.assertIsNumber(fs.geteuid())
  lu.assertFalse(fs.isatty(-1))
  lu.assertNil((fs.terminal_size(-1)))
end

-- Anything else could keep the whole program waiting: a FIFO until there is a writer, a terminal for ever.
function T.test_only_files_are_read_and_nothing_is_waited_for()
  local fifo = os.tmpname()
  os.remove(fifo)
  assert(require("core.process").run { "mkfifo", fifo })
  local _ <close> = assert(require("core.port").listen(fifo .. ".socket", "stream"))
  for path, kind in pairs {
    [fifo] = "fifo", ["/dev/zero"] = "character", ["/dev/ptmx"] = "character",
  } do
    local text, err = fs.read(path)
    lu.assertNil(text)
    lu.assertEquals({ err.code, err.detail.type }, { "invalid", kind })
    lu.assertStrContains(tostring(err), "that is no file")
  end
  lu.assertNil((fs.read(fifo .. ".socket")))
  lu.assertNil((fs.write(fifo, "x")))

  for _, load in ipairs { require("carrier").load, require("policy").load, require("daemon.config").load } do
    local value, err = load(fifo)
    lu.assertNil(value)
    lu.assertStrContains(tostring(err), "that is no file")
  end
  os.remove(fifo .. ".socket")
  os.remove(fifo)
end

return T
