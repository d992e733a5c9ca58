/* SPDX-License-Identifier: MIT */
/* Tests core.schema: every kind both ways, every error with its path, truncations and budgets. */

#include "wire_trials.h"

/* Values and bytes of which each makes the other. */
static const struct trial both_ways[] = {
    { "{}", "{}", "" },
    { "{ u8 'a', u16 'b', u32 'c' }", "{ a = 1, b = 0x203, c = 0x4050607 }", "01.0302.07060504" },
    { "{ u64 'a' }", "{ a = 0x0102030405060708 }", "0807060504030201" },
    { "{ u64 'a' }", "{ a = -1 }", "ffffffffffffffff" },
    { "{ be.u16 'a', be.u32 'b' }", "{ a = 0x102, b = 0x3040506 }", "0102.03040506" },
    { "{ be.u64 'a' }", "{ a = 0x0102030405060708 }", "0102030405060708" },
    { "{ i8 'a', i16 'b', i32 'c' }", "{ a = -1, b = -2, c = -3 }", "ff.feff.fdffffff" },
    { "{ i8 'a', i16 'b' }", "{ a = 127, b = -32768 }", "7f.0080" },
    { "{ i64 'a' }", "{ a = math.mininteger }", "0000000000000080" },
    { "{ enum(u32, { off = 0, on = 1 }) 'a' }", "{ a = 'on' }", "01000000" },
    { "{ enum(u32, { off = 0, on = 1 }) 'a' }", "{ a = 7 }", "07000000" },
    { "{ flags(u8, { x = 1, y = 2 }) 'a' }", "{ a = { x = true, y = true } }", "03" },
    { "{ flags(u8, { x = 1 }) 'a' }", "{ a = { x = true, [0x40] = true } }", "41" },
    { "{ flags(u64, { top = math.mininteger }) 'a' }", "{ a = { top = true } }",
      "0000000000000080" },
    { "{ flags(u8, { x = 1 }) 'a' }", "{ a = {} }", "00" },
    { "{ bool(u32) 'a', bool(u8) 'b' }", "{ a = true, b = false }", "01000000.00" },
    { "{ uint(3) 'a', uint(1) 'b' }", "{ a = 0x10203, b = 4 }", "030201.04" },
    { "{ uint(7) 'a' }", "{ a = 0x01020304050607 }", "07060504030201" },
    { "{ enum(uint(3), { x = 0x10000 }) 'a' }", "{ a = 'x' }", "000001" },
    { "{ float 'a', double 'b' }", "{ a = -1.5, b = 0.1 }", "0000c0bf.9a9999999999b93f" },
    { "{ float 'a', float 'b' }", "{ a = 1/0, b = -1/0 }", "0000807f.000080ff" },
    { "{ uuid 'a' }", "{ a = 'a289cc33-bcbb-8b4f-b6b0-133ec2aae6df' }",
      "a289cc33bcbb8b4fb6b0133ec2aae6df" },
    { "{ ipv4 'a' }", "{ a = '10.0.200.1' }", "0a00c801" },
    { "{ le.ipv4 'a' }", "{ a = '10.0.200.1' }", "01c8000a" },
    { "{ ipv6 'a' }", "{ a = '2001:db8::1' }", "20010db8000000000000000000000001" },
    { "{ bytes(3) 'a' }", "{ a = 'x\\0y' }", "780079" },
    { "{ lbytes(u16) 'a', u8 'b' }", "{ a = 'x\\0y', b = 1 }", "0300.780079.01" },
    { "{ lbytes('u8') 'a' }", "{ a = '' }", "00" },
    { "{ lstring(u8) 'a', lstring(be.u16) 'b' }", "{ a = 'abc', b = '' }", "03.616263.0000" },
    { "{ chars(4) 'a', u8 'b' }", "{ a = 'abc', b = 1 }", "61626300.01" },
    { "{ chars(3) 'a' }", "{ a = 'abc' }", "616263" },
    { "{ digits(3) 'a', digits(3) 'b' }", "{ a = '02', b = '310' }", "3032ff.333130" },
    { "{ digits(3) 'a', digits(3) 'b' }", "{ a = '', b = '\\xff\\xff\\xff' }", "000000.ffffff" },
    { "{ digits(3) 'a', digits(3) 'b' }", "{ a = '\\xff', b = '\\xff0' }", "ff0000.ff3000" },
    { "{ u8 'a', string 'b' }", "{ a = 1, b = 'xyz' }", "01.78797a" },
    { "{ u8 'a', optional(string) 'b' }", "{ a = 1 }", "01" },
    { "{ u8 'a', rest 'b' }", "{ a = 1, b = 'xyz' }", "01.78797a" },
    { "{ rest 'a' }", "{ a = '' }", "" },
    { "{ struct { u8 'a' } 's', u8 'b' }", "{ s = { a = 1 }, b = 2 }", "01.02" },
    { "{ text 'a' }", "{ a = 'apn' }", "08000000.06000000.610070006e00.0000" },
    { "{ text 'a', text 'b' }", "{ a = '\\u{20ac}', b = '\\u{1f600}' }",
      "10000000.02000000.14000000.04000000.ac20.0000.3dd800de" },
    { "{ text 'a' }", "{ a = '' }", "00000000.00000000" },
    { "{ data 'a', u8 'b' }", "{ a = 'xyz', b = 9 }", "0c000000.03000000.09.000000.78797a.00" },
    { "{ sized_data 'a', data 'b' }", "{ a = 'xyz', b = 'v' }",
      "03000000.10000000.14000000.01000000.78797a00.76000000" },
    { "{ sized_data 'a' }", "{ a = '' }", "00000000.00000000" },
    { "{ ref(struct { u8 'a' }) 'r' }", "{ r = { a = 5 } }", "08000000.01000000.05.000000" },
    { "{ ref(struct { u8 'a' }) 'r' }", "{}", "00000000.00000000" },
    /* the references of a structure that is referred to count from its own start */
    { "{ u32 'n', ref(struct { text 'a' }) 'r' }", "{ n = 1, r = { a = 'x' } }",
      "01000000.0c000000.0c000000.08000000.02000000.7800.0000" },
    { "{ pointer(ipv4) 'p', pointer(ipv4) 'q' }", "{ q = '1.2.3.4' }",
      "00000000.08000000.01020304" },
    { "{ array(struct { u32 'l', ipv4 'a' }) 'x' }", "{ x = { { l = 8, a = '1.2.3.4' } } }",
      "01000000.08000000.08000000.01020304" },
    { "{ array(u8) 'x', array(u16) 'y' }", "{ x = { 1, 2, 3 }, y = {} }",
      "03000000.10000000.00000000.00000000.010203.00" },
    { "{ refs(utf16) 'x' }", "{ x = { 'a', '', 'b' } }",
      "03000000.1c000000.02000000.00000000.00000000.20000000.02000000.6100.0000.6200.0000" },
    { "{ refs(rest) 'x' }", "{ x = { 'abcde' } }", "01000000.0c000000.05000000.6162636465.000000" },
    { "{ refs(bytes(2)) 'x' }", "{ x = { 'ab' } }", "01000000.0c000000.02000000.6162.0000" },
    { "{ refs(struct { u32 'a', text 'b' }) 'x' }",
      "{ x = { { a = 1, b = 'q' }, { a = 2, b = '' } } }",
      "02000000.14000000.10000000.24000000.0c000000."
      "01000000.0c000000.02000000.7100.0000.02000000.00000000.00000000" },
    { "{ count 'n', u8 'a', refs(utf16, 'n') 'x' }", "{ a = 7, x = { 'z' } }",
      "01000000.07.10000000.02000000.000000.7a00.0000" },
    { "{ list(u8, u16) 'x', u8 'y' }", "{ x = { 1, 2 }, y = 3 }", "02.0100.0200.03" },
    { "{ list(be.u16, u8) 'x' }", "{ x = { 9 } }", "0001.09" },
    { "{ list(u8, list(u8, u8)) 'x' }", "{ x = { { 1 }, {}, { 2, 3 } } }", "03.01.01.00.02.02.03" },
    { "{ list(u8, lstring(u8)) 'x' }", "{ x = { 'ab', '' } }", "02.02.6162.00" },
    { "{ times(3, u16) 'x', u8 'y' }", "{ x = { 1, 2, 3 }, y = 4 }", "0100.0200.0300.04" },
    { "{ times(2, times(2, u8)) 'x' }", "{ x = { { 1, 2 }, { 3, 4 } } }", "01020304" },
    { "{ times(2, struct { lstring(u8) 's' }) 'x' }", "{ x = { { s = 'a' }, { s = '' } } }",
      "01.61.00" },
    { "{ array(times(2, u8)) 'x' }", "{ x = { { 1, 2 } } }", "01000000.08000000.0102.0000" },
    { "{ u8 'a', all(u16) 'x' }", "{ a = 1, x = { 2, 3 } }", "01.0200.0300" },
    { "{ all(u8) 'x' }", "{ x = {} }", "" },
    { "{ u32 'n', tlv(10, utf16) 'a', tlv(11, all(u16)) 'b', rest 'c' }",
      "{ n = 1, a = 'xyz', b = { 1, 2 }, c = 'end' }",
      "01000000.0a00.00.02.06000000.780079007a00.0000.0b00.00.00.04000000.0100.0200.656e64" },
    { "{ tlv(10, utf16) 'a', optional(tlv(513, u8)) 'b' }", "{ a = '' }", "0a00.00.00.00000000" },
    { "{ secret(u8) 'a', secret(struct { u8 'x' }) 's' }", "{ a = 1, s = { x = 2 } }", "01.02" },
    { "{ count 'n', u8 'a', list('n', u8) 'x' }", "{ a = 7, x = { 8, 9 } }", "02000000.07.0809" },
    { "{ count 'm', count 'n', list('n', u8) 'x', list('m', u8) 'y' }",
      "{ x = { 1, 2 }, y = { 3 } }", "01000000.02000000.0102.03" },
    /* an element with references brings its data along, and the next one follows that */
    { "{ list(u32, struct { text 'a', u32 'b' }) 'x' }",
      "{ x = { { a = 'p', b = 1 }, { a = '', b = 2 }, { a = 'q', b = 3 } } }",
      "03000000.0c000000.02000000.01000000.7000.0000.00000000.00000000.02000000."
      "0c000000.02000000.03000000.7100.0000" },
    { "{ struct { text 'a' } 's', u8 'b' }", "{ s = { a = 'x' }, b = 2 }",
      "08000000.02000000.7800.0000.02" },
    { "{ u8 'a', optional(u16) 'b', optional(u8) 'c' }", "{ a = 1 }", "01" },
    { "{ u8 'a', optional(u16) 'b', optional(u8) 'c' }", "{ a = 1, b = 2 }", "01.0200" },
    { "{ u8 'a', optional(u16) 'b', optional(u8) 'c' }", "{ a = 1, b = 2, c = 3 }", "01.0200.03" },
    { "{ text 'a', optional(u32) 'b' }", "{ a = 'x' }", "08000000.02000000.7800.0000" },
    { "{ text 'a', optional(u32) 'b' }", "{ a = 'x', b = 1 }",
      "0c000000.02000000.01000000.7800.0000" },
    { "{ optional(ref(struct { u8 'a' })) 'r', optional(text) 'z' }", "{}", "" },
    { "{ optional(text) 'a', optional(array(u8)) 'b' }", "{ a = 'x' }",
      "08000000.02000000.7800.0000" },
    { NULL, NULL, NULL },
};

static void every_kind_both_ways(void **state)
{
    (void)state;
    for (const struct trial *trial = both_ways; trial->fields; trial++) {
        apply("encodes", trial->fields, trial->from, trial->to);
        apply("decodes", trial->fields, trial->to, trial->from);
    }
}

static void encodes_what_is_not_given(void **state)
{
    static const struct trial trials[] = {
        { "{ u32 'a', i16 'b', bool(u8) 'c' }", "{}", "00000000.0000.00" },
        { "{ u32 'a' }", "nil", "00000000" },
        { "{ enum(u8, { x = 3 }) 'a', flags(u8, { y = 1 }) 'b' }", "{}", "00.00" },
        { "{ uuid 'a' }", "{}", "00000000000000000000000000000000" },
        { "{ ipv4 'a', bytes(2) 'b', rest 'c' }", "{}", "00000000.0000" },
        { "{ float 'a', double 'b', le.ipv4 'c' }", "{}", "00000000.0000000000000000.00000000" },
        { "{ chars(3) 'a', lstring(u8) 'b', lbytes(u16) 'c', string 'd' }", "{}",
          "000000.00.0000" },
        { "{ times(2, struct { u8 'x', lstring(u8) 's' }) 'a' }", "{}", "00.00.00.00" },
        { "{ times(2, times(2, u8)) 'a' }", "{}", "00.00.00.00" },
        { "{ text 'a', data 'b', pointer(u8) 'c' }", "{}",
          "00000000000000000000000000000000.00000000" },
        { "{ array(u8) 'a', refs(utf16) 'b', list(u8, u8) 'c' }", "{}",
          "0000000000000000.00000000.00" },
        { "{ count 'n', struct { u8 'a' } 's', list('n', u8) 'x' }", "{}", "00000000.00" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("encodes", trials);
}

static void encodes_other_forms(void **state)
{
    static const struct trial trials[] = {
        { "{ enum(u8, { on = 1 }) 'a' }", "{ a = 1 }", "01" },
        { "{ flags(u8, { x = 1, y = 2 }) 'a' }", "{ a = { 'x', 'y' } }", "03" },
        { "{ flags(u8, { x = 1, y = 2 }) 'a' }", "{ a = { x = true, y = false, [8] = true } }",
          "09" },
        { "{ flags(u8, { x = 1, y = 2 }) 'a' }", "{ a = 0x82 }", "82" },
        { "{ u8 'a' }", "{ a = 2.0 }", "02" },
        { "{ float 'a' }", "{ a = 2 }", "00000040" },
        { "{ uuid 'a' }", "{ a = 'A289CC33-BCBB-8B4F-B6B0-133EC2AAE6DF' }",
          "a289cc33bcbb8b4fb6b0133ec2aae6df" },
        { "{ bytes(4) 'a' }", "{ a = 'x' }", "78000000" },
        { "{ text 'a' }", "{ a = 'x\\xff' }", "08000000.04000000.7800fdff" },
        { "{ ref(struct { optional(u8) 'a' }) 'r' }", "{ r = {} }", "00000000.00000000" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("encodes", trials);
}

static void decodes_what_modems_send(void **state)
{
    static const struct trial trials[] = {
        { "{ u8 'a' }", "01.020304", "{ a = 1 }" },
        { "{ bool(u32) 'a' }", "00000080", "{ a = true }" },
        /* an offset without a size means nothing */
        { "{ text 'a' }", "ffffffff.00000000", "{ a = '' }" },
        { "{ data 'a' }", "ffffffff.00000000", "{ a = '' }" },
        { "{ sized_data 'a' }", "00000000.ffffffff", "{ a = '' }" },
        { "{ ref(struct { u8 'x' }) 'a' }", "ffffffff.00000000", "{}" },
        { "{ array(u32) 'a' }", "00000000.ffffffff", "{ a = {} }" },
        /* text: a NUL ends it, half a surrogate pair or half a unit does no harm */
        { "{ text 'a' }", "08000000.06000000.610000006200", "{ a = 'a' }" },
        { "{ text 'a' }", "08000000.04000000.00d86100", "{ a = '\\u{fffd}a' }" },
        { "{ text 'a' }", "08000000.03000000.610062", "{ a = 'a' }" },
        { "{ string 'a' }", "610062", "{ a = 'a' }" },
        { "{ digits(3) 'a', digits(3) 'b' }", "303200.ff30ff", "{ a = '02', b = '\\xff0\\xff' }" },
        { "{ lstring(u8) 'a', u8 'b' }", "03.610062.05", "{ a = 'a', b = 5 }" },
        /* or it is UTF-16, if its length says that more follows than zeros */
        { "{ lstring(u8) 'a', u8 'b' }", "06.4f003200fc00.05", "{ a = 'O2\\u{fc}', b = 5 }" },
        { "{ lstring(u8) 'a' }", "06.1e0420004700", "{ a = '\\u{41e} G' }" },
        { "{ lstring(u8) 'a' }", "04.61000000", "{ a = 'a' }" },
        { "{ lstring(u8) 'a' }", "04.61620063", "{ a = 'ab' }" },
        { "{ chars(4) 'a' }", "61006200", "{ a = 'a' }" },
        { "{ chars(3) 'a' }", "000000", "{ a = '' }" },
        { "{ refs(string) 'a' }", "01000000.00000000.00000000", "{ a = { '' } }" },
        /* data without padding, out of order, shared, or on top of the fixed part */
        { "{ text 'a', text 'b' }", "12000000.02000000.10000000.02000000.6100.6200",
          "{ a = 'b', b = 'a' }" },
        { "{ data 'a', data 'b' }", "10000000.02000000.10000000.02000000.6162",
          "{ a = 'ab', b = 'ab' }" },
        { "{ data 'a' }", "00000000.04000000", "{ a = '\\0\\0\\0\\0' }" },
        /* a range may be larger than what is declared for it */
        { "{ ref(struct { u8 'x' }) 'a' }", "08000000.04000000.01020304", "{ a = { x = 1 } }" },
        { "{ refs(u8) 'a' }", "01000000.0c000000.04000000.01020304", "{ a = { 1 } }" },
        /* the padding of a TLV may be cut off, and half an element of a list without a count is none */
        { "{ tlv(10, utf16) 'a' }", "0a00.00.02.02000000.6100", "{ a = 'a' }" },
        { "{ tlv(10, utf16) 'a', u8 'b' }", "0a00.07.02.02000000.6100.ffff.05",
          "{ a = 'a', b = 5 }" },
        { "{ all(u16) 'a' }", "0100.02", "{ a = { 1 } }" },
        /* half an optional field is none */
        { "{ u8 'a', optional(u32) 'b' }", "01.020304", "{ a = 1 }" },
        { "{ text 'a', optional(u32) 'b' }", "0a000000.02000000.0000.7800", "{ a = 'x' }" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("decodes", trials);
}

static void decode_errors_have_a_path(void **state)
{
    static const struct trial trials[] = {
        { "{ u8 'a', u32 'b' }", "01.0203", "M.b: 4 bytes wanted, 2 left" },
        { "{ i64 'a' }", "", "M.a: 8 bytes wanted, 0 left" },
        { "{ struct { uuid 'a' } 's' }", "00", "M.s.a: 16 bytes wanted, 1 left" },
        { "{ ipv4 'a' }", "000000", "M.a: 4 bytes wanted, 3 left" },
        { "{ ipv6 'a' }", "000000", "M.a: 16 bytes wanted, 3 left" },
        { "{ bytes(9) 'a' }", "0000", "M.a: 9 bytes wanted, 2 left" },
        { "{ uint(3) 'a' }", "0000", "M.a: 3 bytes wanted, 2 left" },
        { "{ float 'a' }", "000000", "M.a: 4 bytes wanted, 3 left" },
        { "{ double 'a' }", "000000", "M.a: 8 bytes wanted, 3 left" },
        { "{ le.ipv4 'a' }", "000000", "M.a: 4 bytes wanted, 3 left" },
        { "{ chars(4) 'a' }", "0000", "M.a: 4 bytes wanted, 2 left" },
        { "{ lstring(u16) 'a' }", "00", "M.a: 2 bytes wanted, 1 left" },
        { "{ lstring(u8) 'a' }", "05.0000", "M.a: 5 bytes wanted, 2 left" },
        { "{ lbytes(u64) 'a' }", "ffffffffffffffff",
          "M.a: 18446744073709551615 bytes wanted, 0 left" },
        { "{ times(3, u16) 'a' }", "0000.0000.00",
          "M.a: 3 elements of 2 bytes wanted, 5 bytes left" },
        { "{ times(2, lstring(u8)) 'a' }", "00.01", "M.a[2]: 1 bytes wanted, 0 left" },
        { "{ text 'a' }", "00000000.000000", "M.a: 8 bytes wanted, 7 left" },
        { "{ text 'a' }", "08000000.04000000.6161",
          "M.a: 4 bytes at 8 wanted, the structure has 10" },
        { "{ data 'a' }", "ffffffff.ffffffff",
          "M.a: 4294967295 bytes at 4294967295 wanted, the structure has 8" },
        { "{ sized_data 'a' }", "02000000.08000000.78",
          "M.a: 2 bytes at 8 wanted, the structure has 9" },
        { "{ data 'a' }", "09000000.00000080",
          "M.a: 2147483648 bytes at 9 wanted, the structure has 8" },
        { "{ ref(struct { u16 'x' }) 'a' }", "08000000.01000000.00",
          "M.a.x: 2 bytes wanted, 1 left" },
        /* what a structure refers to must lie in its own range, not only in the message */
        { "{ ref(struct { data 'x' }) 'a' }", "08000000.08000000.08000000.01000000.00",
          "M.a.x: 1 bytes at 8 wanted, the structure has 8" },
        { "{ pointer(u32) 'a' }", "0000", "M.a: 4 bytes wanted, 2 left" },
        { "{ pointer(u32) 'a' }", "01000000", "M.a: 4 bytes at 1 wanted, the structure has 4" },
        { "{ array(u16) 'a' }", "01000000.07000000",
          "M.a: 2 bytes at 7 wanted, the structure has 8" },
        { "{ array(u16) 'a' }", "1f4e0000.00000000",
          "M.a: 39998 bytes at 0 wanted, the structure has 8" },
        { "{ array(u16) 'a' }", "ffffffff.00000000", "M.a: more than 20000 values in one message" },
        { "{ refs(utf16) 'a' }", "02000000.0000000000000000",
          "M.a: 2 references wanted, 8 bytes left" },
        { "{ refs(utf16) 'a' }", "ffffffff", "M.a: 4294967295 references wanted, 0 bytes left" },
        { "{ refs(utf16) 'a' }", "01000000.0c000000.01000000",
          "M.a[1]: 1 bytes at 12 wanted, the structure has 12" },
        { "{ refs(struct { u8 'x', u8 'y' }) 'a' }",
          "02000000.14000000.02000000.14000000.01000000.0101", "M.a[2].y: 1 bytes wanted, 0 left" },
        { "{ list(u32, u64) 'a' }", "02000000.0000000000000000.00",
          "M.a: 2 elements of 8 bytes wanted, 9 bytes left" },
        { "{ list(u64, u8) 'a' }", "ffffffffffffffff",
          "M.a: 18446744073709551615 elements of 1 bytes wanted, 0 bytes left" },
        { "{ list(u8, list(u8, u8)) 'a' }", "02.01.01.01",
          "M.a[2]: 1 elements of 1 bytes wanted, 0 bytes left" },
        { "{ count 'n', list('n', u8) 'a' }", "01000000",
          "M.a: 1 elements of 1 bytes wanted, 0 bytes left" },
        { "{ tlv(10, utf16) 'a' }", "0a00.00.00.000000", "M.a: 8 bytes wanted, 7 left" },
        { "{ tlv(10, utf16) 'a' }", "0b00.00.00.00000000", "M.a: a TLV of type 11, not 10" },
        { "{ tlv(10, utf16) 'a' }", "0a00.00.00.ffffffff.6100",
          "M.a: 4294967295 bytes wanted, 2 left" },
        { "{ tlv(11, u16) 'a' }", "0b00.00.03.01000000.61000000", "M.a: 2 bytes wanted, 1 left" },
        { "{ count 'n', list('n', u8) 'a' }", "0100", "M.n: 4 bytes wanted, 2 left" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("malformed", trials);
}

static void encode_errors_have_a_path(void **state)
{
    static const struct trial trials[] = {
        { "{ u32 'a' }", "{ a = 4294967296 }", "M.a: 4294967296 does not fit in u32" },
        { "{ u8 'a' }", "{ a = -1 }", "M.a: -1 does not fit in u8" },
        { "{ i8 'a' }", "{ a = 128 }", "M.a: 128 does not fit in i8" },
        { "{ i16 'a' }", "{ a = -32769 }", "M.a: -32769 does not fit in i16" },
        { "{ u8 'a' }", "{ a = 1.5 }", "M.a: 1.5 is no integer" },
        { "{ u8 'a' }", "{ a = 1e300 }", "M.a: 1e+300 is no integer" },
        { "{ enum(u8, { x = 1, y = 2 }) 'a' }", "{ a = 'z' }", "M.a: 'z' is none of: x, y" },
        { "{ enum(u8, { x = 1 }) 'a' }", "{ a = 256 }", "M.a: 256 does not fit in u8" },
        { "{ flags(u8, { x = 1 }) 'a' }", "{ a = { 'q' } }", "M.a: 'q' is none of: x" },
        { "{ flags(u8, { x = 1 }) 'a' }", "{ a = { q = true } }", "M.a: 'q' is none of: x" },
        { "{ flags(u8, { x = 1 }) 'a' }", "{ a = { [256] = true } }",
          "M.a: 256 does not fit in u8" },
        { "{ uuid 'a' }", "{ a = 'xyz' }", "M.a: 'xyz' is no UUID" },
        { "{ ipv4 'a' }", "{ a = '1.2.3' }", "M.a: '1.2.3' is no IPv4 address" },
        { "{ ipv6 'a' }", "{ a = '1.2.3.4' }", "M.a: '1.2.3.4' is no IPv6 address" },
        { "{ bytes(2) 'a' }", "{ a = 'xyz' }", "M.a: 3 bytes do not fit in 2" },
        { "{ list(u8, u8) 'a' }",
          "{ a = (function() local t = {} for i = 1, 256 do t[i] = 0 end "
          "return t end)() }",
          "M.a: 256 elements are more than a u8 counts" },
        { "{ uint(3) 'a' }", "{ a = 0x1000000 }", "M.a: 16777216 does not fit in u24" },
        { "{ float 'a' }", "{ a = -1e39 }", "M.a: -1e+39 does not fit in a float" },
        { "{ le.ipv4 'a' }", "{ a = '::' }", "M.a: '::' is no IPv4 address" },
        { "{ chars(2) 'a' }", "{ a = 'xyz' }", "M.a: 3 bytes do not fit in 2" },
        { "{ lstring(u8) 'a' }", "{ a = ('x'):rep(256) }",
          "M.a: 256 bytes are more than a u8 counts" },
        { "{ lbytes(u8) 'a' }", "{ a = ('x'):rep(256) }",
          "M.a: 256 bytes are more than a u8 counts" },
        { "{ times(2, u8) 'a' }", "{ a = { 1 } }", "M.a: 1 elements given, 2 wanted" },
        { "{ times(2, u8) 'a' }", "{ a = {} }", "M.a: 0 elements given, 2 wanted" },
        { "{ times(2, u8) 'a' }", "{ a = { 1, 2, 3 } }", "M.a: 3 elements given, 2 wanted" },
        { "{ list(u8, struct { u8 'x' }) 'a' }", "{ a = { {}, { x = 999 } } }",
          "M.a[2].x: 999 does not fit in u8" },
        { "{ refs(struct { u8 'x' }) 'a' }", "{ a = { {}, { x = 999 } } }",
          "M.a[2].x: 999 does not fit in u8" },
        { "{ array(u8) 'a' }", "{ a = { 1, 999 } }", "M.a[2]: 999 does not fit in u8" },
        { "{ optional(u8) 'a', optional(u8) 'b' }", "{ b = 1 }",
          "M.b: must be absent, as 'a' before it is" },
        { "{ data 'a' }", "{ a = ('x'):rep(1048576) }",
          "M.a: the message is longer than 1048576 bytes" },
        { "{ text 'a' }", "{ a = ('x'):rep(524289) }",
          "M.a: the text is longer than 524288 bytes" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("invalid", trials);
}

static void mistakes_raise(void **state)
{
    static const struct trial trials[] = {
        { "{ u32 'session', text 'apn' }", "{ sesion = 1 }",
          "M: no field 'sesion' (has: session, apn)" },
        { "{ u8 'a' }", "{ 1 }", "M: no field '1' (has: a)" },
        { "{ count 'n', list('n', u8) 'x' }", "{ n = 1 }", "M: no field 'n' (has: x)" },
        { "{}", "{ a = 1 }", "M: no field 'a' (has none)" },
        { "{ list(u8, struct { u8 'x' }) 'a' }", "{ a = { { y = 1 } } }",
          "M.a[1]: no field 'y' (has: x)" },
        { "{ u8 'a' }", "{ a = '1' }", "M.a: number expected, got string" },
        { "{ bool(u8) 'a' }", "{ a = 1 }", "M.a: boolean expected, got number" },
        { "{ enum(u8, { x = 1 }) 'a' }", "{ a = true }", "M.a: number expected, got boolean" },
        { "{ flags(u8, { x = 1 }) 'a' }", "{ a = 'x' }", "M.a: table expected, got string" },
        { "{ flags(u8, { x = 1 }) 'a' }", "{ a = { x = 1 } }",
          "M.a: boolean expected, got number" },
        { "{ flags(u8, { x = 1 }) 'a' }", "{ a = { [{}] = true } }",
          "M.a: number expected, got table" },
        { "{ uuid 'a' }", "{ a = 1 }", "M.a: string expected, got number" },
        { "{ ipv4 'a' }", "{ a = {} }", "M.a: string expected, got table" },
        { "{ bytes(1) 'a' }", "{ a = 1 }", "M.a: string expected, got number" },
        { "{ float 'a' }", "{ a = '1' }", "M.a: number expected, got string" },
        { "{ string 'a' }", "{ a = 1 }", "M.a: string expected, got number" },
        { "{ times(1, u8) 'a' }", "{ a = 1 }", "M.a: table expected, got number" },
        { "{ text 'a' }", "{ a = 1 }", "M.a: string expected, got number" },
        { "{ data 'a' }", "{ a = true }", "M.a: string expected, got boolean" },
        { "{ struct { u8 'x' } 'a' }", "{ a = 1 }", "M.a: table expected, got number" },
        { "{ array(u8) 'a' }", "{ a = 1 }", "M.a: table expected, got number" },
        { "{ list(u8, u8) 'a' }", "{ a = 1 }", "M.a: table expected, got number" },
        { "{ refs(utf16) 'a' }", "{ a = { 'x', 2 } }", "M.a[2]: string expected, got number" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("mistaken", trials);
}

static void declarations_are_checked(void **state)
{
    static const struct trial trials[] = {
        { "{ { name = 'a', type = { kind = 'foo' } } }", "M.a: unknown kind 'foo'", NULL },
        { "{ { name = 'a', type = {} } }", "M.a: unknown kind 'nil'", NULL },
        { "{ u8 }", "M: field 1 has no name: a type is followed by one", NULL },
        { "{ u8 'a', 5 }", "M: field 2 has no name: a type is followed by one", NULL },
        { "{ { name = 'a' } }", "M.a: has no type", NULL },
        { "{ u8 'a', u8 'a' }", "M.a: there are two fields of this name", NULL },
        { "{ uint(0) 'a' }", "M.a: a uint has 1 to 8 bytes", NULL },
        { "{ uint(9) 'a' }", "M.a: a uint has 1 to 8 bytes", NULL },
        { "{ { name = 'a', type = { kind = 'int', size = 3 } } }",
          "M.a: an int has 1, 2, 4 or 8 bytes", NULL },
        { "{ { name = 'a', type = { kind = 'float', size = 2 } } }",
          "M.a: a float has 4 or 8 bytes", NULL },
        { "{ { name = 'a', type = { kind = 'uint', size = 4, style = 'odd' } } }",
          "M.a: an unknown style of integer", NULL },
        { "{ { name = 'a', type = { kind = 'uint', size = 4, style = 'enum' } } }",
          "M.a: an enum or flags without values", NULL },
        { "{ enum(u8, { 'x' }) 'a' }", "M.a: values must be name = integer", NULL },
        { "{ enum(u8, { x = 256 }) 'a' }", "M.a: 'x' does not fit in 1 bytes", NULL },
        { "{ flags(u8, { x = 3 }) 'a' }", "M.a: 'x' is not a single bit", NULL },
        { "{ flags(u8, { x = 0 }) 'a' }", "M.a: 'x' is not a single bit", NULL },
        { "{ bytes(0) 'a' }", "M.a: bytes must have a size of at least 1", NULL },
        { "{ chars(0) 'a' }", "M.a: bytes must have a size of at least 1", NULL },
        { "{ lstring(i8) 'a' }", "M.a: a count or length must be a plain uint", NULL },
        { "{ lbytes(bool(u8)) 'a' }", "M.a: a count or length must be a plain uint", NULL },
        { "{ string 'a', u8 'b' }", "M.b: the field before it extends to the end of the structure",
          NULL },
        { "{ list(u8, string) 'a' }",
          "M.a: an element of a list must have a size, and an end of its own", NULL },
        { "{ times(0, u8) 'a' }", "M.a: a list must have at least 1 element, and fit in a message",
          NULL },
        { "{ times(20001, u8) 'a' }",
          "M.a: a list must have at least 1 element, and fit in a message", NULL },
        { "{ times(2, bytes(1000000)) 'a' }",
          "M.a: a list must have at least 1 element, and fit in a message", NULL },
        { "{ times(2, rest) 'a' }",
          "M.a: an element of a list must have a size, and an end of its own", NULL },
        { "{ utf16 'a' }", "M.a: utf16 belongs inside refs or a tlv", NULL },
        { "{ tlv(0, u8) 'a' }", "M.a: a tlv has a type from 1 to 65535", NULL },
        { "{ tlv(65536, u8) 'a' }", "M.a: a tlv has a type from 1 to 65535", NULL },
        { "{ tlv(1, text) 'a' }", "M.a: a reference must be a field", NULL },
        { "{ all(u8) 'a', u8 'b' }", "M.b: the field before it extends to the end of the structure",
          NULL },
        { "{ all(struct {}) 'a' }",
          "M.a: an element of a list must have a size, and an end of its own", NULL },
        { "{ { name = 'a', type = { kind = 'struct' } } }", "M.a: a struct without fields", NULL },
        { "{ { name = 'a', type = { kind = 'ref' } } }", "M.a: 'of' must be a type", NULL },
        { "{ ref(u8) 'a' }", "M.a: a ref points at a struct", NULL },
        { "{ pointer(rest) 'a' }",
          "M.a: only a type of fixed size can be pointed at without a size", NULL },
        { "{ array(struct { text 'x' }) 'a' }",
          "M.a: only a type of fixed size can be pointed at without a size", NULL },
        { "{ array(struct {}) 'a' }",
          "M.a: only a type of fixed size can be pointed at without a size", NULL },
        { "{ list(u8, struct {}) 'a' }",
          "M.a: an element of a list must have a size, and an end of its own", NULL },
        { "{ list(u8, rest) 'a' }",
          "M.a: an element of a list must have a size, and an end of its own", NULL },
        { "{ list(u8, struct { u8 'x', optional(u8) 'y' }) 'a' }",
          "M.a: an element of a list must have a size, and an end of its own", NULL },
        { "{ list(uuid, u8) 'a' }", "M.a: a count or length must be a plain uint", NULL },
        { "{ list(u8, text) 'a' }", "M.a: a reference must be a field", NULL },
        { "{ list(u8, count) 'a' }", "M.a: a count must be a field", NULL },
        { "{ refs(list(u8, u8)) 'a' }", "M.a: refs point at structs, a utf16 or bytes", NULL },
        { "{ list(u8, optional(u8)) 'a' }", "M.a: only a field can be optional, not what it holds",
          NULL },
        { "{ count 'n', list(u8, list('n', u8)) 'a' }",
          "M.a: only a field of a structure can have a count field", NULL },
        { "{ list('n', u8) 'a' }", "M.a: no count field 'n' before it", NULL },
        { "{ list('n', u8) 'a', count 'n' }", "M.a: no count field 'n' before it", NULL },
        { "{ u32 'n', refs(utf16, 'n') 'a' }", "M.a: no count field 'n' before it", NULL },
        { "{ count 'n', list('n', u8) 'a', list('n', u8) 'b' }",
          "M.b: its count field counts another list already", NULL },
        { "{ count 'n' }", "M: the count 'n' counts nothing", NULL },
        { "{ optional(count) 'n' }", "M.n: a count cannot be optional", NULL },
        { "{ optional(u8) 'a', u8 'b' }", "M.b: must be optional, as the field before it is",
          NULL },
        { "{ rest 'a', u8 'b' }", "M.b: the field before it extends to the end of the structure",
          NULL },
        { "{ struct { u8 'x', optional(u8) 'y' } 'a', u8 'b' }",
          "M.b: the field before it extends to the end of the structure", NULL },
        { "{ text 'a', rest 'b' }",
          "M.b: cannot share a structure with references: their data comes last", NULL },
        { "{ struct { struct { u9 } 'y' } 'x' }",
          "M.x.y: field 1 has no name: a type is followed by one", NULL },
        { NULL, NULL, NULL },
    };

    (void)state;
    /* u9 is no type, so its place in the list is empty: make it something that is no field */
    wire_lua_run(L, "u9 = 9", 0);
    try("refuses", trials);
}

static void same_number_twice_is_refused(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "local ok, err = pcall(compile, 'M', { enum(u8, { x = 1, y = 1 }) 'a' })\n"
                 "assert(not ok)\n"
                 "assert(err:find \"^M.a: '[xy]' and '[xy]' have the same number$\", err)",
                 0);
}

static void nesting_and_size_have_limits(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "local function nested(n) local t = u8\n"
                 "  for _ = 1, n do t = struct { t 'x' } end return { t 'x' } end\n"
                 "local c = compile('deep', nested(15))\n"
                 "check(c, 'a')\n"
                 "local _, err = c:decode ''\n"
                 "assert(err.message == 'deep' .. ('.x'):rep(16) .. ': 1 bytes wanted, 0 left')\n"
                 "local ok, err = pcall(compile, 'M', nested(16))\n"
                 "assert(not ok and err:find 'types are nested too deep', err)\n"
                 "local loop = struct {}\n"
                 "loop.fields[1] = loop 'again'\n"
                 "local ok, err = pcall(compile, 'M', { loop 'again' })\n"
                 "assert(not ok and err:find 'types are nested too deep', err)\n"
                 "local function lists(n) local t = u8\n"
                 "  for _ = 1, n do t = list(u8, t) end return { t 'x' } end\n"
                 "local _, err = compile('deep', lists(15)):decode(('\\1'):rep(15))\n"
                 "assert(err.message:find '^deep.x' and err.message:find '%[1%]: ', err.message)\n"
                 "local fields = {}\n"
                 "for i = 1, 64 do fields[i] = u8('f' .. i) end\n"
                 "assert(compile('M', fields):decode(('x'):rep(64)).f64 == 0x78)\n"
                 "fields[65] = u8 'f65'\n"
                 "local ok, err = pcall(compile, 'M', fields)\n"
                 "assert(not ok and err == 'M: too many fields in one structure', err)\n",
                 0);
}

/* References may all point at the same bytes: a short message must not become an endless one. */
static void aliases_are_budgeted(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "local function pairs_of(n, offset, size)\n"
                 "  return ('<I4'):pack(n) .. ('<I4I4'):pack(offset, size):rep(n) end\n"
                 "local texts = compile('texts', { refs(utf16) 'x' })\n"
                 "local bytes = pairs_of(1000, 0, 8004)\n"
                 "local values, err = texts:decode(bytes)\n"
                 "assert(not values and err.code == 'malformed')\n"
                 "assert(err.message ==\n"
                 "  'texts.x[88]: more than 1048576 bytes of text and data in one message')\n"
                 "local inner = struct { refs(rest) 'y' }\n"
                 "local nested = compile('nested', { refs(inner) 'x' })\n"
                 "local leaf = pairs_of(2000, 0, 1)\n"
                 "bytes = pairs_of(2000, 16004, #leaf) .. leaf\n"
                 "values, err = nested:decode(bytes)\n"
                 "assert(not values and err.message:find 'more than 20000 values in one message')\n"
                 "local bits = compile('bits', { array(flags(u32, { a = 1 })) 'x' })\n"
                 "values, err = bits:decode(('<I4I4'):pack(1000, 8) .. ('\\xff'):rep(4000))\n"
                 "assert(not values and err.message:find 'more than 20000 values in one message')\n"
                 "local many = compile('many', { list(u32, u8) 'x' })\n"
                 "assert(many:decode(('<I4'):pack(19998) .. ('x'):rep(19998)))\n"
                 "values, err = many:decode(('<I4'):pack(20000) .. ('x'):rep(20000))\n"
                 "assert(not values and err.message:find 'more than 20000 values')\n",
                 0);
}

static void every_truncation_is_survived(void **state)
{
    static const struct trial trials[] = {
        { "{ u32 'session', text 'apn', uuid 'context', bytes(4) 'tail' }",
          "{ session = 1, apn = 'r.ispsn', tail = 'xxxx' }", NULL },
        { "{ refs(struct { u32 'a', text 'b' }) 'x' }",
          "{ x = { { a = 1, b = 'one' }, { a = 2, b = 'two!' } } }", NULL },
        { "{ count 'n', array(struct { u32 'l', ipv6 'a' }) 'x', pointer(ipv4) 'p', "
          "list('n', u32) 'y' }",
          "{ x = { { l = 64 }, {} }, p = '1.2.3.4', y = { 1, 2 } }", NULL },
        { "{ ref(struct { list(u32, struct { text 'a', u32 'b' }) 'c' }) 'r' }",
          "{ r = { c = { { a = 'x' }, { a = 'yz' } } } }", NULL },
        { "{ lstring(u8) 'a', lbytes(u16) 'b', float 'c', uint(3) 'd', times(2, chars(4)) 'e', "
          "le.ipv4 'f' }",
          "{ a = 'ab', b = 'cd', c = 0.5, e = { 'ef', 'g' } }", NULL },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("cut_struct", trials);
}

/* What the constructors in Lua refuse themselves. */
static void notation_is_checked(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "for what, f in pairs {\n"
                 "  ['uint wants a whole number, not nil'] = function() uint() end,\n"
                 "  ['bytes wants a whole number, not 1.5'] = function() bytes(1.5) end,\n"
                 "  ['chars wants a whole number, not nil'] = function() chars() end,\n"
                 "  ['times wants a whole number, not x'] = function() times('x', u8) end,\n"
                 "  ['times wants a type, not nil'] = function() times(1) end,\n"
                 "  ['lstring wants the type of its length, such as u8, not u9'] =\n"
                 "    function() lstring 'u9' end,\n"
                 "  ['lbytes wants the type of its length, such as u8, not nil'] =\n"
                 "    function() lbytes() end,\n"
                 "  ['secret wants a type, not string'] = function() secret 'x' end,\n"
                 "} do\n"
                 "  local ok, err = pcall(f)\n"
                 "  assert(not ok and err:find(what, 1, true), err)\n"
                 "end\n",
                 0);
}

static void secrets_are_named(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "local message = require 'schema.message'\n"
                 "local function secrets(fields)\n"
                 "  return message.secrets({ part = fields, other = true }, { 'part', 'other' })\n"
                 "end\n"
                 "local pin = secret(text)\n"
                 "assert(same(secrets { u8 'a', pin 'b', struct { pin 'c', u8 'd' } 'e',\n"
                 "  refs(struct { list(u8, struct { secret(lstring(u8)) 'f' }) 'g' }) 'h',\n"
                 "  list(u8, secret(u32)) 'i', optional(secret(rest)) 'j' },\n"
                 "  { b = true, c = true, f = true, i = true, j = true }))\n"
                 "assert(same(secrets { [0x01] = struct { u8 'a', secret(chars(8)) 'pin' } 's',\n"
                 "  [0x10] = secret(struct { u8 'a' }) 't' }, { pin = true, t = true }))\n"
                 "assert(same(secrets {}, {}))\n"
                 "assert(text.secret == nil and pin.secret)\n",
                 0);
}

static void codecs_stay_as_they_are(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "local values, fields = { off = 0, on = 1 }, {}\n"
                 "fields[1] = enum(u8, values) 'a'\n"
                 "local c = compile('Radio' .. 'State', fields)\n"
                 "values.on, values.off, fields[1].name, fields[1] = 5, nil, 'b', nil\n"
                 "values, fields = nil, nil\n"
                 "collectgarbage() collectgarbage()\n"
                 "assert(tostring(c) == 'RadioState')\n"
                 "assert(c:encode { a = 'on' } == '\\1')\n"
                 "assert(c:decode('\\1').a == 'on')\n"
                 "assert(not pcall(function() c.encode = nil end))\n"
                 "assert(not pcall(c.encode, {}, {}))\n"
                 "assert(not pcall(c.decode, c, 1))\n"
                 "assert(not pcall(c.decode, c, nil))\n"
                 "assert(not pcall(compile, 'M'))\n"
                 "assert(not pcall(compile, nil, {}))\n"
                 "assert(getmetatable(select(2, c:decode '')) == nil)\n",
                 0);
}

static void errors_get_the_metatable(void **state)
{
    (void)state;
    luaL_newmetatable(L, "mt.error");
    lua_setglobal(L, "wanted");
    wire_lua_run(L,
                 "local _, err = compile('M', { u8 'a' }):decode ''\n"
                 "assert(getmetatable(err) == wanted and wanted)\n"
                 "local _, err = compile('M', { u8 'a' }):encode { a = 256 }\n"
                 "assert(getmetatable(err) == wanted)",
                 0);
}

static void values_are_read_raw(void **state)
{
    (void)state;
    wire_lua_run(L,
                 "local t = setmetatable({}, { __index = error, __len = error, __pairs = error })\n"
                 "local c = compile('M', { u8 'a', list(u8, u8) 'x' })\n"
                 "assert(c:encode(t) == '\\0\\0')\n"
                 "assert(c:encode { x = t } == '\\0\\0')\n",
                 0);
}

/* Older firmware knows fewer fields than a structure has; what it refers to stands behind those. */
static void lenient_readers_take_what_there_is(void **state)
{
    static const struct trial trials[] = {
        { "{ u32 'a', u32 'b' }", "", "{}" },
        { "{ u32 'a', u32 'b' }", "05000000", "{ a = 5 }" },
        { "{ u32 'a', u32 'b' }", "05000000.0700", "{ a = 5 }" },
        { "{ u32 'a', text 't', u32 'b' }", "05000000.0c000000.02000000.61000000",
          "{ a = 5, t = 'a' }" },
        { "{ u32 'a', text 't', u32 'b' }", "05000000.00000000.00000000", "{ a = 5, t = '' }" },
        { "{ u32 'a', ref(struct { u32 'x', u32 'y' }) 'r' }",
          "05000000.0c000000.04000000.09000000", "{ a = 5, r = { x = 9 } }" },
        { NULL, NULL, NULL },
    };
    static const struct trial too_bad[] = {
        { "{ u32 'a', text 't' }", "05000000.0c000000.04000000.6100",
          "M.t: 4 bytes at 12 wanted, the structure has 14" },
        { NULL, NULL, NULL },
    };

    (void)state;
    try("tolerates", trials);
    try("intolerable", too_bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(encodes_what_is_not_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(encodes_other_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(decodes_what_modems_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(decode_errors_have_a_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(encode_errors_have_a_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_raise, set_up, tear_down),
        cmocka_unit_test_setup_teardown(declarations_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(same_number_twice_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nesting_and_size_have_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(aliases_are_budgeted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_truncation_is_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notation_is_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(codecs_stay_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_get_the_metatable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_read_raw, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lenient_readers_take_what_there_is, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("wire/schema", tests, NULL, NULL);
}
