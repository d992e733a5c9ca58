/* SPDX-License-Identifier: MIT */
/* Tests the TLVs of core.schema: order, absence, results, what can't be read, truncations. */

#include "wire_trials.h"

/* Here a trial's fields are { [tag] = field }, with `, true` behind them for a response. */
static int set_up_tlvs(void **state)
{
    set_up(state);
    wire_lua_run(L,
                 "declare = compile_tlvs\n"
                 "result = struct { u16 'status', u16 'error' } 'result'\n"
                 "function cut_tlvs(fields, values)\n"
                 "  local c, bytes = cut(fields, values)\n"
                 "  assert(not c:decode(bytes .. 'x'))\n"
                 "  assert(not c:decode(bytes:sub(1, -2)))\n"
                 "end\n"
                 "function survives(fields, bytes, again)\n"
                 "  decodes(fields, bytes, again)\n"
                 "  encodes(fields, again, bytes)\n"
                 "end\n",
                 0);
    return 0;
}

#define RESULT "[2] = result"
#define DONE "02.0400.0000.0000"
#define FAILED "02.0400.0100.0300"

static void values_and_bytes_make_each_other(void **state)
{
    static const struct trial trials[] = {
        { "{}", "", "{}" },
        { "{ [1] = u32 'a' }", "01.0400.05000000", "{ a = 5 }" },
        { "{ [0] = u8 'a', [255] = u8 'b' }", "00.0100.01.ff.0100.02", "{ a = 1, b = 2 }" },
        { "{ [0x10] = u8 'a', [0x11] = u8 'b' }", "", "{}" },
        { "{ [0x10] = u8 'a', [0x11] = u8 'b' }", "11.0100.02", "{ b = 2 }" },
        { "{ [0x10] = string 'a', [0x11] = rest 'b' }", "10.0300.616263.11.0000",
          "{ a = 'abc', b = '' }" },
        { "{ [0x10] = struct { u8 'x', optional(u16) 'y' } 's' }", "10.0100.01",
          "{ s = { x = 1 } }" },
        { "{ [0x10] = struct {} 's' }", "10.0000", "{ s = {} }" },
        { "{ [0x10] = list(u8, struct { u16 'mcc', lstring(u8) 'name' }) 'x' }",
          "10.0900.02.3601.02.6162.1500.00",
          "{ x = { { mcc = 310, name = 'ab' }, "
          "{ mcc = 21, name = '' } } }" },
        { "{ [0x10] = le.ipv4 'a', [0x11] = float 'b', [0x12] = uint(3) 'c' }",
          "10.0400.01020304.11.0400.0000803f.12.0300.010000", "{ a = '4.3.2.1', b = 1.0, c = 1 }" },
        { "{ [1] = optional(u8) 'a', [2] = u8 'b' }", "02.0100.01", "{ b = 1 }" },
        { "{ [1] = u8 'a', " RESULT " }, true", "01.0100.09." DONE,
          "{ a = 9, result = { status = 0, error = 0 } }" },
        /* nobody declared these */
        { "{}", "10.0000.77.0200.0102", "{ unknown = { [0x10] = '', [0x77] = '\\1\\2' } }" },
        { "{ [0x20] = u8 'a' }", "20.0100.01.10.0100.02",
          "{ a = 1, unknown = { [0x10] = '\\2' } }" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("survives", trials);
}

static void decodes_in_any_order(void **state)
{
    static const struct trial trials[] = {
        { "{ [1] = u8 'a', [0x10] = u8 'b' }", "10.0100.02.01.0100.01", "{ a = 1, b = 2 }" },
        { "{ [1] = u8 'a', " RESULT " }, true", DONE ".01.0100.09",
          "{ a = 9, result = { status = 0, error = 0 } }" },
        /* the first of a tag counts, declared or not */
        { "{ [1] = u8 'a' }", "01.0100.01.01.0100.02", "{ a = 1 }" },
        { "{ [1] = u8 'a' }", "01.0100.01.01.0000", "{ a = 1 }" },
        { "{}", "77.0100.01.77.0100.02", "{ unknown = { [0x77] = '\\1' } }" },
        /* newer firmware may say more than is declared */
        { "{ [1] = u8 'a' }", "01.0300.01.0203", "{ a = 1 }" },
        { "{ [0x10] = list(u8, u8) 'x' }", "10.0400.01.05.0607", "{ x = { 5 } }" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("decodes", trials);
}

static void encodes_by_ascending_tags(void **state)
{
    static const struct trial trials[] = {
        { "{ [0x20] = u8 'a', [0x03] = u8 'b', [0x11] = u8 'c' }", "{ a = 1, b = 2, c = 3 }",
          "03.0100.02.11.0100.03.20.0100.01" },
        { "{ [0x10] = u8 'a' }", "{ a = 1, unknown = { [9] = 'x', [0] = '', [255] = 'y' } }",
          "10.0100.01.00.0000.09.0100.78.ff.0100.79" },
        { "{ [0x10] = u8 'a' }", "{ unknown = {}, malformed = { [0x10] = 'M.a: why' } }", "" },
        { "{ [0x10] = u8 'a' }", "nil", "" },
        { "{ [1] = struct { u8 'x', times(2, u8) 'y' } 's' }", "{ s = {} }", "01.0300.00.0000" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("encodes", trials);
}

/* What need not be there does no harm when it can't be read, and is not lost either. */
static void malformed_optional_ones_are_kept(void **state)
{
    static const struct trial trials[] = {
        { "{ [0x10] = u16 'a' }", "10.0100.07",
          "{ unknown = { [0x10] = '\\7' }, "
          "malformed = { [0x10] = 'M.a: 2 bytes wanted, 1 left' } }" },
        { "{ [0x10] = struct { u8 'x', struct { u16 'z' } 'y' } 's', [0x11] = u8 'b' }",
          "11.0100.05.10.0200.0102",
          "{ b = 5, unknown = { [0x10] = '\\1\\2' }, "
          "malformed = { [0x10] = 'M.s.y.z: 2 bytes wanted, 1 left' } }" },
        { "{ [0x10] = list(u8, lstring(u8)) 'x' }", "10.0400.02.00.02.61",
          "{ unknown = { [0x10] = '\\2\\0\\2a' }, "
          "malformed = { [0x10] = 'M.x[2]: 2 bytes wanted, 1 left' } }" },
        { "{ [5] = optional(u16) 'a', [0x10] = u16 'b' }", "05.0000.10.0000",
          "{ unknown = { [5] = '', [0x10] = '' }, malformed = { "
          "[5] = 'M.a: 2 bytes wanted, 0 left', [0x10] = 'M.b: 2 bytes wanted, 0 left' } }" },
        /* the first of a tag counts even so */
        { "{ [0x10] = u16 'a' }", "10.0000.10.0200.0100",
          "{ unknown = { [0x10] = '' }, malformed = { [0x10] = 'M.a: 2 bytes wanted, 0 left' } }" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("decodes", trials);
    wire_lua_run(L,
                 "local c = compile_tlvs('M', { [0x10] = u16 'a', [0x11] = u8 'b' })\n"
                 "local values = c:decode('\\x10\\1\\0\\7\\x11\\1\\0\\8')\n"
                 "local bytes = assert(c:encode(values))\n"
                 "assert(bytes == '\\x11\\1\\0\\8\\x10\\1\\0\\7')\n"
                 "assert(same(c:decode(bytes), values))\n",
                 0);
}

static void mandatory_ones_must_be_there(void **state)
{
    static const struct trial bad[] = {
        { "{ [1] = u32 'handle' }", "", "M.handle: missing" },
        { "{ [1] = u32 'handle' }", "10.0000", "M.handle: missing" },
        { "{ [1] = u32 'handle' }", "01.0200.0000", "M.handle: 4 bytes wanted, 2 left" },
        { "{ [0xf] = struct { u8 'x', u8 'y' } 's' }", "0f.0100.00",
          "M.s.y: 1 bytes wanted, 0 left" },
        { "{ [1] = u32 'handle', " RESULT " }, true", DONE, "M.handle: missing" },
        { "{ [1] = u32 'handle', " RESULT " }, true", "01.0400.00000000", "M.result: missing" },
        /* the result excuses the others, never itself */
        { "{ " RESULT " }, true", "02.0300.0100.01", "M.result.error: 2 bytes wanted, 1 left" },
        { "{ " RESULT " }, true", "02.0100.01", "M.result.status: 2 bytes wanted, 1 left" },
        { "{ [1] = u8 'a', " RESULT " }, true", "02.0100.01", "M.a: missing" },
        /* TLV 0x02 means something else in a request */
        { "{ [1] = u32 'handle', " RESULT " }", FAILED, "M.handle: missing" },
        { NULL, NULL, NULL },
    };
    static const struct trial good[] = {
        { "{ [1] = u32 'handle', " RESULT " }, true", FAILED,
          "{ result = { status = 1, error = 3 } }" },
        { "{ [1] = u32 'a', " RESULT ", [3] = u8 'b' }, true", "01.0100.00." FAILED ".03.0100.04",
          "{ b = 4, result = { status = 1, error = 3 } }" },
        { "{ [1] = u32 'a', " RESULT ", [0x10] = u8 'b' }, true", FAILED ".10.0000",
          "{ result = { status = 1, error = 3 }, unknown = { [0x10] = '' }, "
          "malformed = { [0x10] = 'M.b: 1 bytes wanted, 0 left' } }" },
        { NULL, NULL, NULL },
    };
    static const struct trial mistakes[] = {
        { "{ [1] = u32 'handle' }", "{}", "M.handle is missing" },
        { "{ [1] = u32 'handle' }", "nil", "M.handle is missing" },
        { "{ [1] = u32 'handle' }", "{ unknown = { [1] = 'abcd' } }", "M.handle is missing" },
        { "{ [1] = u32 'handle', " RESULT " }, true", "{ result = {} }", "M.handle is missing" },
        { "{ [1] = u32 'handle', " RESULT " }, true", "{ handle = 1 }", "M.result is missing" },
        { "{ [1] = u32 'handle', " RESULT " }", "{ result = { status = 1 } }",
          "M.handle is missing" },
        { NULL, NULL, NULL },
    };
    static const struct trial excused[] = {
        { "{ [1] = u32 'handle', " RESULT " }, true", "{ result = { status = 1, error = 3 } }",
          FAILED },
        { "{ [1] = u8 'a', " RESULT ", [3] = u8 'b' }, true",
          "{ b = 4, result = { status = 1, error = 3 } }", FAILED ".03.0100.04" },
        { "{ [1] = u8 'a', [2] = struct { enum(u16, { success = 0, failure = 1 }) 'status', "
          "u16 'error' } 'result' }, true",
          "{ result = { status = 'failure', error = 3 } }", FAILED },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("malformed", bad);
    try("decodes", good);
    try("mistaken", mistakes);
    try("encodes", excused);
}

static void bad_bytes_have_a_reason(void **state)
{
    static const struct trial trials[] = {
        { "{}", "14.0600.0102", "M: TLV 0x14: 6 bytes wanted, 2 left" },
        { "{}", "01.ffff", "M: TLV 0x01: 65535 bytes wanted, 0 left" },
        { "{}", "01", "M: TLV header: 3 bytes wanted, 1 left" },
        { "{ [1] = u8 'a' }", "01.0100.05.0200", "M: TLV header: 3 bytes wanted, 2 left" },
        { "{ " RESULT " }, true", FAILED ".10.0100", "M: TLV 0x10: 1 bytes wanted, 0 left" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("malformed", trials);
}

static void bad_values_have_a_reason(void **state)
{
    static const struct trial bad[] = {
        { "{ [1] = u8 'a' }", "{ a = 256 }", "M.a: 256 does not fit in u8" },
        { "{ [0x10] = list(u8, struct { u8 'x' }) 'a' }", "{ a = { {}, { x = 999 } } }",
          "M.a[2].x: 999 does not fit in u8" },
        { "{ [0x10] = string 'a' }", "{ a = ('x'):rep(65536) }",
          "M.a: 65536 bytes do not fit in TLV 0x10" },
        { "{}", "{ unknown = { [0x33] = ('x'):rep(65536) } }",
          "M.unknown: 65536 bytes do not fit in TLV 0x33" },
        { "{ [1] = u8 'a', " RESULT " }, true", "{ result = { status = 65536 } }",
          "M.result.status: 65536 does not fit in u16" },
        { NULL, NULL, NULL },
    };
    static const struct trial mistakes[] = {
        { "{ [1] = u8 'session', [0x10] = u8 'apn' }", "{ sesion = 1 }",
          "M: no field 'sesion' (has: session, apn)" },
        { "{}", "{ [0x10] = 1 }", "M: no field '16' (has none)" },
        { "{ [0x10] = u8 'a' }", "{ a = '1' }", "M.a: number expected, got string" },
        { "{ [0x10] = struct { u8 'x' } 's' }", "{ s = { y = 1 } }", "M.s: no field 'y' (has: x)" },
        { "{}", "{ unknown = 'x' }", "M.unknown: table expected, got string" },
        { "{}", "{ unknown = { [0x10] = 1 } }", "M.unknown: string expected, got number" },
        { "{}", "{ unknown = { [256] = '' } }",
          "M.unknown: a tag is a whole number from 0 to 255" },
        { "{}", "{ unknown = { [-1] = '' } }", "M.unknown: a tag is a whole number from 0 to 255" },
        { "{}", "{ unknown = { x = '' } }", "M.unknown: a tag is a whole number from 0 to 255" },
        { "{ " RESULT " }, true", "{ result = 1 }", "M.result: table expected, got number" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("invalid", bad);
    try("mistaken", mistakes);
}

static void declarations_are_checked(void **state)
{
    static const struct trial trials[] = {
        { "{ [256] = u8 'a' }", "M: a tag is a whole number from 0 to 255, not 256", NULL },
        { "{ [-1] = u8 'a' }", "M: a tag is a whole number from 0 to 255, not -1", NULL },
        { "{ [1.5] = u8 'a' }", "M: a tag is a whole number from 0 to 255, not 1.5", NULL },
        { "{ x = u8 'a' }", "M: a tag is a whole number from 0 to 255, not x", NULL },
        { "{ [0x10] = u8 }", "M: TLV 16 has no name: a type is followed by one", NULL },
        { "{ [0x10] = 5 }", "M: TLV 16 has no name: a type is followed by one", NULL },
        { "{ [0x10] = { name = 'a' } }", "M.a: has no type", NULL },
        { "{ [0x10] = u8 'a', [0x11] = u8 'a' }", "M.a: there are two fields of this name", NULL },
        { "{ [0x10] = u8 'unknown' }",
          "M.unknown: this name is kept for the TLVs that can't be read", NULL },
        { "{ [1] = u8 'malformed' }",
          "M.malformed: this name is kept for the TLVs that can't be read", NULL },
        { "{ [1] = utf16 'a' }", "M.a: utf16 belongs inside refs or a tlv", NULL },
        { "{ [1] = count 'n' }", "M.n: only a structure has count fields", NULL },
        { "{ [1] = list('n', u8) 'a' }", "M.a: only a structure has count fields", NULL },
        { "{ [1] = text 'a' }", "M.a: only a structure has references", NULL },
        { "{ [1] = refs(utf16) 'a' }", "M.a: only a structure has references", NULL },
        { "{ [1] = struct { { name = 'x', type = { kind = 'foo' } } } 's' }",
          "M.s.x: unknown kind 'foo'", NULL },
        { "{ [1] = struct { rest 'x', u8 'y' } 's' }",
          "M.s.y: the field before it extends to the end of the structure", NULL },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("refuses", trials);
}

/* All 256 tags, names that structures may have, and a declaration that changes afterwards. */
static void declarations_are_copied(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "local tags, values = {}, {}\n"
                 "for tag = 0, 255 do\n"
                 "  tags[tag], values['f' .. tag] = u8('f' .. tag), tag\n"
                 "end\n"
                 "local c = compile_tlvs('all', tags)\n"
                 "for tag = 0, 255 do tags[tag] = nil end\n"
                 "collectgarbage() collectgarbage()\n"
                 "local bytes = assert(c:encode(values))\n"
                 "assert(#bytes == 4 * 256)\n"
                 "assert(same(c:decode(bytes), values))\n"
                 "assert(tostring(c) == 'all')\n"
                 "local c = compile_tlvs('M', { [1] = struct { u8 'unknown' } 's' })\n"
                 "assert(c:decode('\\1\\1\\0\\5').s.unknown == 5)\n"
                 "assert(not pcall(compile_tlvs, 'M'))\n"
                 "assert(not pcall(compile_tlvs, nil, {}))\n",
                 0);
}

/* An optional TLV that asks for too much is one that can't be read; keeping it has a price too. */
static void messages_are_budgeted(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "local function tlv(tag, bytes) return ('<Bs2'):pack(tag, bytes) end\n"
                 "local many = list(u16, u8)\n"
                 "local c = compile_tlvs('M', { [0x10] = many 'a', [0x11] = many 'b' })\n"
                 "local list_of = function(n) return ('<I2'):pack(n) .. ('x'):rep(n) end\n"
                 "local values = assert(c:decode(tlv(0x10, list_of(15000)) ..\n"
                 "  tlv(0x11, list_of(15000))))\n"
                 "assert(#values.a == 15000 and values.b == nil)\n"
                 "assert(values.unknown[0x11] == list_of(15000))\n"
                 "assert(values.malformed[0x11] == 'M.b: more than 20000 values in one message')\n"
                 "local c = compile_tlvs('M', { [1] = many 'a' })\n"
                 "local _, err = c:decode(tlv(1, list_of(30000)))\n"
                 "assert(err.message == 'M.a: more than 20000 values in one message')\n"
                 "local bytes = ''\n"
                 "for tag = 0x20, 0x30 do bytes = bytes .. tlv(tag, ('x'):rep(65535)) end\n"
                 "local values, err = compile_tlvs('M', {}):decode(bytes)\n"
                 "assert(not values)\n"
                 "assert(err.message ==\n"
                 "  'M: more than 1048576 bytes of text and data in one message')\n"
                 "local bits = flags(u64, { a = 1 })\n"
                 "local c = compile_tlvs('M', { [0x10] = list(u16, bits) 'a' })\n"
                 "local values, err = c:decode(tlv(0x10, ('<I2'):pack(400) ..\n"
                 "  ('\\xff'):rep(3200)) .. tlv(0x11, ''))\n"
                 "assert(err.message == 'M: more than 20000 values in one message')\n",
                 0);
}

/* What real modems leave out is nil to a lenient reader; what has a length is never guessed. */
static void lenient_readers_take_what_there_is(void **state)
{
    static const struct trial trials[] = {
        { "{ [1] = u8 'a', " RESULT ", [0x10] = u8 'b' }, true", DONE ".10.0100.05",
          "{ b = 5, result = { status = 0, error = 0 } }" },
        { "{ [1] = u32 'a', " RESULT " }, true", "01.0200.0102." DONE,
          "{ result = { status = 0, error = 0 }, unknown = { [1] = '\\1\\2' }, "
          "malformed = { [1] = 'M.a: 4 bytes wanted, 2 left' } }" },
        { "{ [1] = struct { u8 'x', u16 'y', u8 'z' } 's' }", "01.0300.01.0200",
          "{ s = { x = 1, y = 2 } }" },
        { "{ [1] = struct { u8 'x', u16 'y', u8 'z' } 's' }", "01.0200.01.02",
          "{ s = { x = 1 } }" },
        { "{ [1] = struct { u8 'x', list(u8, u16) 'l', u8 'z' } 's', [2] = u8 'b' }",
          "01.0100.01.02.0100.07", "{ s = { x = 1 }, b = 7 }" },
        { "{ [1] = struct { u8 'x', lstring(u8) 'l' } 's' }", "01.0100.01", "{ s = { x = 1 } }" },
        { "{ [1] = struct { u8 'x', rest 'r' } 's' }", "01.0100.01", "{ s = { x = 1, r = '' } }" },
        /* a list's elements stand one behind the other */
        { "{ [0x10] = list(u8, struct { u8 'x', lstring(u8) 'n' }) 'l' }", "10.0400.02.01.00.02",
          "{ unknown = { [0x10] = '\\2\\1\\0\\2' }, malformed = { [0x10] = "
          "'M.l: 2 elements of 2 bytes wanted, 3 bytes left' } }" },
        { "{ [0x10] = list(u8, struct { u8 'x', lstring(u8) 'n' }) 'l', [0x11] = struct { u8 'a', "
          "u8 'b' } 's' }",
          "10.0600.02.01.01.61.02.01.11.0100.09",
          "{ s = { a = 9 }, unknown = { [0x10] = '\\2\\1\\1a\\2\\1' }, malformed = { [0x10] = "
          "'M.l[2].n: 1 bytes wanted, 0 left' } }" },
        { NULL, NULL, NULL },
    };
    static const struct trial too_bad[] = {
        { "{ [1] = u8 'a', " RESULT " }, true", "01.0100.05", "M.result: missing" },
        { "{ [1] = u8 'a', " RESULT " }, true", DONE ".01.0200.05",
          "M: TLV 0x01: 2 bytes wanted, 1 left" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("tolerates", trials);
    try("intolerable", too_bad);
}

static void every_truncation_is_survived(void **state)
{
    static const struct trial trials[] = {
        { "{ [1] = u32 'handle', " RESULT ", [0x10] = struct { i8 'rssi', i16 'rsrp' } 'lte' }, "
          "true",
          "{ handle = 7, result = {}, lte = { rssi = -60, rsrp = -100 } }", NULL },
        { "{ [1] = u32 'handle', " RESULT ", [0x10] = string 'why' }, true",
          "{ result = { status = 1, error = 3 }, why = 'because' }", NULL },
        { "{ [3] = optional(u8) 'a', [0x10] = list(u8, struct { u16 'mcc', lstring(u8) 'name', "
          "bool(u8) 'x' }) 'list', [0x20] = times(2, uint(3)) 't', [0x21] = le.ipv4 'ip' }",
          "{ a = 1, list = { { mcc = 310, name = 'one' }, { name = 'two' } }, t = { 1, 2 }, "
          "ip = '10.0.0.1', unknown = { [0x33] = 'xyz' } }",
          NULL },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("cut_tlvs", trials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_and_bytes_make_each_other, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(decodes_in_any_order, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(encodes_by_ascending_tags, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(malformed_optional_ones_are_kept, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(mandatory_ones_must_be_there, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(bad_bytes_have_a_reason, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(bad_values_have_a_reason, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(declarations_are_checked, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(declarations_are_copied, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(messages_are_budgeted, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(lenient_readers_take_what_there_is, set_up_tlvs, tear_down),
        cmocka_unit_test_setup_teardown(every_truncation_is_survived, set_up_tlvs, tear_down),
    };

    return cmocka_run_group_tests_name("wire/schema TLVs", tests, NULL, NULL);
}
