#include "tensor/io/npy.h"

#include <algorithm>
#include <bit>

#include "kernels/base/checked.h"
#include "tensor/io/file.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

// The header is a Python dictionary literal with exactly the keys descr (a string), fortran_order (True or False) and
// shape (a tuple of integers), in any order; this reads that and nothing else of Python.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  void parse(NpyHeader& h) {
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      bool* seen = key == "descr" ? &descr : key == "fortran_order" ? &order : key == "shape" ? &shape : nullptr;
      if (!seen) wrong(fmt::format("has the unknown key '{}'", printable(key)));
      if (*seen) wrong(fmt::format("has the key '{}' twice", key));
      *seen = true;
      if (seen == &descr) {
        space();
        if (!rest_.empty() && (rest_[0] == '[' || rest_[0] == '(')) wrong("describes records; only plain numbers can be read");
        h.descr = string();
      } else if (seen == &order) {
        h.fortran_order = boolean();
      } else {
        h.shape = tuple();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    space();
    if (!rest_.empty() && rest_.find_first_not_of('\0') != std::string_view::npos) wrong("goes on after its closing brace");
    if (!descr || !order || !shape) wrong(fmt::format("lacks the key '{}'", !descr ? "descr" : !order ? "fortran_order" : "shape"));
  }

 private:
  [[noreturn]] void wrong(const std::string& what) { bad_input("{}: its npy header {}", where_, what); }
  void space() {
    const size_t n = rest_.find_first_not_of(" \t\r\n\f\v");
    rest_.remove_prefix(n == std::string_view::npos ? rest_.size() : n);
  }
  bool accept(char c) {
    space();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (accept(c)) return;
    wrong(rest_.empty() ? fmt::format("ends where '{}' is expected", c)
                        : fmt::format("has '{}' where '{}' is expected", printable(rest_.substr(0, 1)), c));
  }
  std::string string() {
    space();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) wrong("lacks a quoted string where one is expected");
    const size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) wrong("has a string without an end");
    std::string s(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return s;
  }
  bool boolean() {
    space();
    for (const bool value : {true, false})
      if (const std::string_view word = value ? "True" : "False"; rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    wrong("has a fortran_order that is neither True nor False");
  }
  Shape tuple() {
    std::vector<int64_t> dims;
    expect('(');
    while (!accept(')')) {
      space();
      if (rest_.starts_with('-')) wrong("has a negative extent in its shape");
      int64_t n = 0;
      size_t digits = 0;
      for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; digits++)
        if (__builtin_mul_overflow(n, int64_t{10}, &n) || __builtin_add_overflow(n, int64_t{rest_[digits] - '0'}, &n))
          wrong("has an extent that is too large");
      if (!digits) wrong("has a shape that is not a tuple of whole numbers");
      rest_.remove_prefix(digits);
      if (rest_.starts_with('L')) rest_.remove_prefix(1);  // Python 2 wrote long integers so
      if (dims.size() == Shape::max_rank) wrong(fmt::format("has more than {} dimensions", Shape::max_rank));
      dims.push_back(n);
      if (!accept(',')) {
        if (dims.size() == 1) wrong("has a shape that is not a tuple");
        expect(')');
        break;
      }
    }
    try {
      return Shape(dims);
    } catch (const Error&) {
      wrong("has a shape whose size is too large");
    }
  }

  std::string_view rest_;
  const std::string& where_;
};

void read_type(NpyHeader& h, const std::string& where) {
  std::string_view s = h.descr;
  bool big = std::endian::native == std::endian::big;
  if (!s.empty() && std::string_view("<>=|").find(s[0]) != std::string_view::npos) {
    if (s[0] == '<') big = false;
    if (s[0] == '>') big = true;
    s.remove_prefix(1);
  }
  static constexpr std::pair<const char*, Stored> known[] = {
      {"f2", Stored::f16}, {"f4", Stored::f32}, {"f8", Stored::f64}, {"i1", Stored::i8}, {"i2", Stored::i16}, {"i4", Stored::i32},
      {"i8", Stored::i64}, {"u1", Stored::u8}, {"u2", Stored::u16}, {"u4", Stored::u32}, {"u8", Stored::u64},
      {"b1", Stored::boolean}, {"?", Stored::boolean}};
  for (const auto& [name, type] : known)
    if (s == name) {
      h.stored = type, h.big_endian = big;
      return;
    }
  if (s == "O") bad_input("{}: holds pickled Python objects, which are never read; save plain numbers", where);
  bad_input("{}: its type is '{}'; floating (f2, f4, f8), integer (i1 to i8, u1 to u8) and boolean arrays can be read", where, printable(h.descr));
}

NpyHeader parse_header(std::span<const std::byte> file, const std::string& where) {
  const auto text = std::string_view(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.empty()) bad_input("{}: is empty, not an npy file", where);
  if (!text.starts_with("\x93NUMPY")) bad_input("{}: is not an npy file (it does not begin with \\x93NUMPY)", where);
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(text[i])); };
  if (text.size() < 10) bad_input("{}: is cut short within its npy header", where);
  const size_t version = byte(6);
  if (version < 1 || version > 3) bad_input("{}: has npy version {}.{}; versions 1 to 3 can be read", where, version, byte(7));
  const size_t begin = version == 1 ? 10 : 12;
  if (text.size() < begin) bad_input("{}: is cut short within its npy header", where);
  const size_t length = version == 1 ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (length > text.size() - begin) bad_input("{}: is cut short: its npy header should have {} bytes, {} are there", where, length, text.size() - begin);
  NpyHeader h{};
  HeaderParser(text.substr(begin, length), where).parse(h);
  read_type(h, where);
  h.data_offset = static_cast<int64_t>(begin + length);
  h.data_bytes = checked_mul(h.shape.numel(), size_of(h.stored), where);
  const int64_t there = static_cast<int64_t>(text.size()) - h.data_offset;
  if (there < h.data_bytes)
    bad_input("{}: is cut short: shape {} of {} needs {} bytes of data, {} are there", where, h.shape.str(), h.descr, h.data_bytes, there);
  if (there > h.data_bytes)
    bad_input("{}: has {} bytes after its data (shape {} of {}); is it several arrays in one file?", where, there - h.data_bytes, h.shape.str(), h.descr);
  return h;
}

}  // namespace

Tensor read_npy(const std::string& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  const std::string where = printable(path, 4096);
  const NpyHeader h = parse_header(file->bytes(), where);
  const std::byte* data = file->bytes().data() + h.data_offset;
  if (!h.fortran_order || h.shape.rank() < 2) {
    if (can_borrow(data, h.stored, h.big_endian) && h.data_bytes > 0) return Tensor::borrow(data, h.shape, dtype_of_stored(h.stored), file);
    return read_stored(data, h.shape, h.stored, h.big_endian, where);
  }
  // Fortran order is C order of the reversed shape; a transposed view of that, copied, is what we want.
  std::vector<int64_t> reversed(h.shape.begin(), h.shape.end());
  std::reverse(reversed.begin(), reversed.end());
  const Tensor t = read_stored(data, Shape(reversed), h.stored, h.big_endian, where);
  Strides strides{};
  for (int i = 0; i < h.shape.rank(); i++) strides[static_cast<size_t>(i)] = t.strides()[static_cast<size_t>(h.shape.rank() - 1 - i)];
  return t.view(h.shape, strides, 0).contiguous();
}

Tensor read_npy_matrix(const std::string& path, DType dtype, int rank) {
  Tensor t = read_npy(path);
  const std::string where = printable(path, 4096);
  if (t.rank() != rank) bad_input("{}: has shape {}; {} dimension{} are needed here", where, t.shape().str(), rank, rank == 1 ? "" : "s");
  if (is_float(dtype) && !is_float(t.dtype())) bad_input("{}: holds {} values; floating-point numbers are needed here", where, name_of(t.dtype()));
  if (!is_float(dtype)) {
    if (is_float(t.dtype())) bad_input("{}: holds {} values; whole numbers are needed here", where, name_of(t.dtype()));
    if (size_of(dtype) < size_of(t.dtype())) {  // narrower: only when every value survives
      const Tensor narrow = t.to(dtype), wide = narrow.to(DType::i64), all = t.to(DType::i64);
      if (!std::ranges::equal(wide.span<int64_t>(), all.span<int64_t>())) bad_input("{}: holds values that do not fit in {}", where, name_of(dtype));
      return narrow;
    }
  }
  return t.to(dtype);
}

NpyHeader read_npy_header(const std::string& path) { return parse_header(MappedFile(path).bytes(), printable(path, 4096)); }

void write_npy(const std::string& path, const Tensor& t) {
  static_assert(std::endian::native == std::endian::little, "the writer copies memory; npy files are written little-endian");
  Tensor source = t.on(Device::cpu).contiguous();
  if (source.dtype() == DType::bf16) source = source.to(DType::f32);  // NumPy has no bfloat16; f32 holds it exactly
  const DType d = source.dtype();
  const char kind = is_float(d) ? 'f' : d == DType::u8 ? 'u' : 'i';
  std::string dict = fmt::format("{{'descr': '{}{}{}', 'fortran_order': False, 'shape': (", size_of(d) == 1 ? '|' : '<', kind, size_of(d));
  for (int i = 0; i < source.rank(); i++) dict += (i ? ", " : "") + std::to_string(source.dim(i));
  dict += source.rank() == 1 ? ",), }" : "), }";
  dict.append((64 - (10 + dict.size() + 1) % 64) % 64, ' ');
  dict += '\n';
  AtomicFile file(path);
  file.write(std::string_view("\x93NUMPY\x01\x00", 8));
  const char length[2] = {static_cast<char>(dict.size() & 255), static_cast<char>(dict.size() >> 8)};
  file.write(length, 2);
  file.write(dict);
  file.write(source.bytes_begin(), static_cast<size_t>(source.bytes()));
  file.commit();
}

}  // namespace ceir
