-- SPDX-License-Identifier: MIT
-- Where a user's own files are looked for, in which order, and which of them are refused.

local fs = require "core.fs"
local lu = require "luaunit"
local process = require "core.process"
local program = require "core.program"
local task = require "task"
local trust = require "loading.trust"

local T = {}

local executable = program.executable

local function shell(script, ...)
  local result = assert(process.run { "sh", "-c", "umask 022; " .. script, "sh", ... })
  lu.assertEquals(result.status, 0, result.stderr)
  return result.stdout
end

-- A folder that only we can write, which is removed at the end of the test.
local function temporary()
  local folder = shell("mktemp -d"):match "%S+"
  return folder, task.finally(function() shell('rm -rf "$1"', folder) end)
end

-- Runs a script with these folders in $MOONTOWER_PATH, and returns its output.
local function run(path, text, ...)
  local script = os.tmpname()
  assert(fs.write(script, text))
  local result = assert(process.run { executable, "run", script, env = { MOONTOWER_PATH = path }, ... })
  os.remove(script)
  return result.stdout, result.stderr
end

local FOLDERS = [[for _, folder in ipairs(require("loading.places").folders(...)) do print(folder.path) end]]

function T.test_the_order_of_the_folders()
  local home = program.home
  for kind, expected in pairs {
    carriers = "/one/carriers\n/two/carriers\n/etc/moontower/carriers\n" .. home .. "/carriers\n",
    makers = "/one/makers\n/two/makers\n/etc/moontower/makers\n" .. home .. "/modules/makers\n",
    modules = home .. "/modules\n/one/modules\n/two/modules\n/etc/moontower/modules\n",
    policies = "/one/policies\n/two/policies\n/etc/moontower/policies\n" .. home .. "/scripts/policies\n",
    scripts = home .. "/scripts\n/one/scripts\n/two/scripts\n/etc/moontower/scripts\n",
  } do
    local script = FOLDERS:gsub("%.%.%.", ("%q"):format(kind))
    lu.assertEquals((run("/one:/two", script)), expected)
    lu.assertEquals((run(":/one::/two:", script)), expected)
  end
end

function T.test_our_own_files_are_taken()
  local folder, _ <close> = temporary()
  shell('cd "$1"; mkdir -p a/b; touch a/b/x.lua; ln -s a/b/x.lua link.lua', folder)
  lu.assertEquals(trust.check(folder .. "/a/b/x.lua"), folder .. "/a/b/x.lua")
  lu.assertEquals(trust.check(folder .. "/link.lua"), folder .. "/a/b/x.lua")
  lu.assertEquals(select(2, trust.check(folder .. "/none.lua")).code, "not-found")
end

-- The file, or any folder on the way to it, also behind a link.
function T.test_files_that_others_can_write_are_refused()
  for _, part in ipairs { "a/b/x.lua", "a/b", "a" } do
    for _, mode in ipairs { "g+w", "o+w" } do
      local folder, _ <close> = temporary()
      shell('cd "$1"; mkdir -p a/b; touch a/b/x.lua; ln -s a/b/x.lua link.lua; chmod "$3" "$2"', folder, part, mode)
      for _, file in ipairs { "/a/b/x.lua", "/link.lua" } do
        local ok, err = trust.check(folder .. file)
        lu.assertNil(ok)
        lu.assertEquals({ err.code, err.hint }, { "permission", ("chmod go-w %s/%s"):format(folder, part) })
        lu.assertStrContains(tostring(err), folder .. file .. " is refused: ")
        lu.assertStrContains(tostring(err), "can be written by others than its owner")
      end
    end
  end
end

-- In a folder such as /tmp, others can neither rename nor remove what is ours.
function T.test_a_sticky_folder_may_be_on_the_way()
  local folder, _ <close> = temporary()
  shell('cd "$1"; mkdir a; chmod 1777 a; touch a/x.lua', folder)
  lu.assertNotNil(trust.check(folder .. "/a/x.lua"))
end

function T.test_files_of_other_users_are_refused()
  if fs.geteuid() ~= 0 then
    lu.skip "only root can give a file away"
  end
  for _, part in ipairs { "a/x.lua", "a" } do
    local folder, _ <close> = temporary()
    shell('cd "$1"; mkdir a; touch a/x.lua; chmod 755 . a; chown 12345 "$2"', folder, part)
    local ok, err = trust.check(folder .. "/a/x.lua")
    lu.assertNil(ok)
    lu.assertEquals({ err.code, err.hint },
      { "permission", ("Root runs only what belongs to root: chown root %s/%s"):format(folder, part) })
    lu.assertStrContains(tostring(err), "belongs to the user 12345")
  end
end

-- A user other than root may run files of root and their own, and no other user's.
function T.test_files_that_a_user_runs_belong_to_that_user_or_to_root()
  if fs.geteuid() ~= 0 then
    lu.skip "only root can be another user"
  end
  local folder, _ <close> = temporary()
  shell([[cd "$1"; chmod 755 .; for owner in 0 12345 12346; do mkdir -p $owner/modules
    echo 'return "taken"' >$owner/modules/it.lua; chown -R $owner $owner; done]], folder)
  local script = [[local ok, value = pcall(require, "it") print(ok and value or value.message, value.hint)]]
  assert(fs.write(folder .. "/x.lua", script, 420))
  local function as_user(owner)
    local result = assert(process.run {
      "setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", executable, "run", folder .. "/x.lua",
      env = { MOONTOWER_PATH = folder .. "/" .. owner },
    })
    return result.stdout .. result.stderr
  end
  lu.assertStrContains(as_user "0", "taken")
  lu.assertStrContains(as_user "12345", "taken")
  lu.assertStrContains(as_user "12346", "belongs to the user 12346\tIt has to belong to you or to root")
end

-- ---- modules ----

function T.test_modules_of_a_users_own()
  local folder, _ <close> = temporary()
  shell([[cd "$1"; mkdir -p beside/modules path/modules/deep/er current
    echo 'return "beside", print(...)' >beside/modules/both.lua; echo 'return "path"' >path/modules/both.lua
    echo 'count = (count or 0) + 1 return { file = "path", nothing = require "none" }' >path/modules/other.lua
    echo 'deep = true' >path/modules/deep/er/init.lua; echo >path/modules/none.lua
    echo 'return "not ours"' >path/modules/task.lua; echo 'error "never"' >current/here.lua]], folder)
  assert(fs.write(folder .. "/beside/x.lua", [[
    print(require "both", require "both")
    print(require("other").file, require "other" == require "other", count, require("other").nothing)
    print(require "deep.er", deep, rawget(package.loaded, "other"), type(require "task"))
    print(pcall(require, "here"))
  ]]))
  local result = assert(process.run {
    "sh", "-c", 'cd "$1/current"; exec "$2" run ../beside/x.lua', "sh", folder, executable,
    env = { MOONTOWER_PATH = folder .. "/path" },
  })
  lu.assertEquals({ result.status, result.stderr }, { 0, "" })
  lu.assertStrContains(result.stdout, "both\t" .. folder .. "/beside/modules/both.lua\nbeside\tbeside\n"
    .. "path\ttrue\t1\ttrue\n"
    .. "true\ttrue\tnil\ttable\nfalse\t")
  for _, place in ipairs { "../beside/modules/here.lua", folder .. "/path/modules/here/init.lua",
    "/etc/moontower/modules/here.lua" } do
    lu.assertStrContains(result.stdout, "\n\tno file '" .. place .. "'")
  end
end

function T.test_mistakes_in_modules_of_a_users_own()
  local folder, _ <close> = temporary()
  shell([[cd "$1"; mkdir modules; echo 'return require "loop"' >modules/loop.lua; echo 'return +' >modules/wrong.lua
    echo 'error("raised")' >modules/raises.lua; echo 'return 1' >modules/open.lua; chmod 666 modules/open.lua]], folder)
  local function message_of(name)
    assert(fs.write(folder .. "/x.lua", ("require %q"):format(name)))
    local result = assert(process.run { executable, "run", folder .. "/x.lua" })
    lu.assertNotEquals(result.status, 0)
    return result.stderr
  end
  lu.assertStrContains(message_of "loop", "the module 'loop' requires itself")
  lu.assertStrContains(message_of "wrong", folder .. "/modules/wrong.lua:1: unexpected symbol")
  lu.assertStrContains(message_of "raises", folder .. "/modules/raises.lua:1: raised")
  lu.assertStrContains(message_of "open", folder .. "/modules/open.lua is refused: it can be written by others")
  shell([[cd "$1/modules"; echo 'return { password = "hunter2" "hunter3" }' >secret.lua]], folder)
  local message = message_of "secret"
  lu.assertStrContains(message, "near a text or number")
  lu.assertNotStrContains(message, "hunter")
  assert(fs.write(folder .. "/x.lua", 'pcall(require, "raises") require "raises"'))
  lu.assertStrContains(assert(process.run { executable, "run", folder .. "/x.lua" }).stderr,
    folder .. "/modules/raises.lua:1: raised")
end

-- A module that ends with the declaration is not on the stack any more when that is checked.
function T.test_messages_that_a_module_declares_are_checked()
  local folder, _ <close> = temporary()
  shell('mkdir "$1/modules"', folder)
  assert(fs.write(folder .. "/x.lua", 'require "declares"'))
  for fields, mistake in pairs {
    ["id = 'x', response = {}"] = "Mine: id must be a whole number below 0x10000",
    ["id = 1, response = { [0x10] = qmi.string }"] = "Mine: TLV 16 has no name",
    ["id = 1, response = { [0x10] = 5 }"] = "Mine",
  } do
    for _, form in ipairs { "return qmi.message { %s }\n", "return { mine = qmi.message { %s } }\n" } do
      assert(fs.write(folder .. "/modules/declares.lua", 'local qmi = require "qmi"\n\n'
        .. form:format("service = 'dms', name = 'Mine', " .. fields)))
      local result = assert(process.run { executable, "run", folder .. "/x.lua" })
      lu.assertStrContains(result.stderr, ("moontower: %s/modules/declares.lua:3: %s"):format(folder, mistake))
    end
  end
end

-- ---- names ----

-- Nothing else could name them either: all that lists files would fail.
function T.test_a_file_whose_name_is_none_is_not_listed()
  local folder, _ <close> = temporary()
  shell('cd "$1"; mkdir scripts; touch "scripts/up (copy).lua" scripts/.hidden.lua scripts/a.b-c_1.lua', folder)
  lu.assertEquals((run(folder, [[
    local places = require "loading.places"
    print(table.concat(places.names("scripts", "own"), ","), (places.find("scripts", "up (copy)")))
    print((places.find("scripts", ".hidden")))
  ]])), "a.b-c_1\tnil\nnil\n")
end

-- ---- carriers and policies ----

function T.test_carriers_and_policies_of_a_users_own()
  local folder, _ <close> = temporary()
  shell([[cd "$1"; mkdir carriers policies
    echo 'return require "carrier" { name = "Mine", bearers = { { apn = "x" } } }' >carriers/calyx-sprint.lua
    cp carriers/calyx-sprint.lua carriers/open.lua
    echo 'return require "policy" { name = "mine", run = print }' >policies/reconnect.lua
    cp policies/reconnect.lua policies/open.lua; chmod 666 */open.lua]], folder)
  local out = run(folder, [[
    local carrier, policy = require "carrier", require "policy"
    print(carrier.load("calyx-sprint").name, policy.load("reconnect").name)
    print(select(2, carrier.load "open").code, select(2, policy.load "open").code)
    print(table.concat(carrier.list(), " "))
  ]])
  lu.assertStrContains(out, "Mine\tmine\npermission\tpermission\n")
  lu.assertStrContains(out, " open ")
end

return T
