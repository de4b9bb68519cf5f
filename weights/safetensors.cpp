#include "weights/safetensors.h"

#include <algorithm>
#include <bit>
#include <set>

#include "kernels/base/checked.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"
#include "weights/pickled.h"

namespace ceir {
namespace {

struct DTypeWord {
  const char* word;
  int64_t bits;
  bool readable;
  Stored stored;
};
// The format's whole list; types of fewer than 8 bits and complex numbers are laid out and inspected, but not read.
constexpr DTypeWord words[] = {
    {"BOOL", 8, true, Stored::boolean},    {"U8", 8, true, Stored::u8},           {"I8", 8, true, Stored::i8},
    {"F8_E5M2", 8, true, Stored::f8_e5m2}, {"F8_E4M3", 8, true, Stored::f8_e4m3}, {"F8_E8M0", 8, true, Stored::f8_e8m0},
    {"I16", 16, true, Stored::i16},        {"U16", 16, true, Stored::u16},        {"F16", 16, true, Stored::f16},
    {"BF16", 16, true, Stored::bf16},      {"I32", 32, true, Stored::i32},        {"U32", 32, true, Stored::u32},
    {"F32", 32, true, Stored::f32},        {"F64", 64, true, Stored::f64},        {"I64", 64, true, Stored::i64},
    {"U64", 64, true, Stored::u64},        {"C64", 64, false, Stored::u8},        {"F4", 4, false, Stored::u8},
    {"F6_E2M3", 6, false, Stored::u8},     {"F6_E3M2", 6, false, Stored::u8}};

const DTypeWord* find_word(std::string_view word) {
  for (const DTypeWord& w : words)
    if (word == w.word) return &w;
  return nullptr;
}

constexpr int64_t longest_header = 100'000'000;  // the limit of the format's own library

TensorInfo parse_info(const std::string& name, const Json& v, const std::string& where) {
  TensorInfo t;
  t.name = name;
  const std::string what = fmt::format("{}: tensor '{}'", where, printable(name));
  t.dtype = v.at("dtype", what).as_string(what + ": dtype");
  const DTypeWord* word = find_word(t.dtype);
  if (!word) bad_input("{}: has the unknown dtype '{}'", what, printable(t.dtype));
  std::vector<int64_t> dims;
  for (const Json& d : v.at("shape", what).as_array(what + ": shape")) {
    if (!d.is_int() || d.as_int(what) < 0) bad_input("{}: has a shape that is not a list of whole numbers of at least 0", what);
    dims.push_back(d.as_int(what));
  }
  try {
    t.shape = Shape(dims);
  } catch (const Error& e) {
    bad_input("{}: {}", what, e.what());
  }
  const Json::Array& offsets = v.at("data_offsets", what).as_array(what + ": data_offsets");
  if (offsets.size() != 2 || !offsets[0].is_int() || !offsets[1].is_int()) bad_input("{}: has data_offsets that are not two whole numbers", what);
  t.begin = offsets[0].as_int(what), t.end = offsets[1].as_int(what);
  if (t.begin < 0 || t.end < t.begin) bad_input("{}: has data_offsets [{}, {}], which are not in order", what, t.begin, t.end);
  const int64_t bits = checked_mul(t.shape.numel(), word->bits, what);
  if (bits % 8 != 0 || bits / 8 != t.end - t.begin)
    bad_input("{}: shape {} of {} needs {} bytes, its data_offsets [{}, {}] hold {}", what, t.shape.str(), t.dtype, bits / 8, t.begin, t.end, t.end - t.begin);
  return t;
}

}  // namespace

const char* safetensors_word(DType t) {
  switch (t) {
    case DType::f32: return "F32";
    case DType::f64: return "F64";
    case DType::bf16: return "BF16";
    case DType::f16: return "F16";
    case DType::i64: return "I64";
    case DType::i32: return "I32";
    case DType::i8: return "I8";
    default: return "U8";
  }
}

SafetensorsFile::SafetensorsFile(const std::string& path) {
  path_ = printable(path, 4096);
  file_ = std::make_shared<const MappedFile>(path);
  bytes_ = file_->bytes();
  owner_ = file_;
  if (looks_pickled(bytes_) && bytes_.size() > 8 && bytes_[8] != std::byte{'{'}) refuse_pickled(path);
  parse();
}

SafetensorsFile::SafetensorsFile(std::span<const std::byte> bytes, std::string display_name, std::shared_ptr<const void> owner)
    : owner_(std::move(owner)), bytes_(bytes) {
  path_ = std::move(display_name);
  parse();
}

void SafetensorsFile::parse() {
  const int64_t size = static_cast<int64_t>(bytes_.size());
  if (size < 8) bad_input("{}: has {} bytes, not a safetensors file (8 bytes of header length come first)", path_, size);
  uint64_t length = 0;
  for (size_t i = 0; i < 8; i++) length |= static_cast<uint64_t>(bytes_[i]) << (8 * i);
  if (length > static_cast<uint64_t>(size - 8))
    bad_input("{}: not a safetensors file or cut short: its header should have {} bytes, {} are there", path_, length, size - 8);
  if (length > static_cast<uint64_t>(longest_header)) bad_input("{}: its header of {} bytes is larger than the format allows", path_, length);
  data_begin_ = 8 + static_cast<int64_t>(length);
  // The format wants '{' itself: a byte-order mark, which the JSON library would skip, is refused as the format's own library does.
  if (length == 0 || static_cast<char>(bytes_.data()[8]) != '{')
    bad_input("{}: not a safetensors file: its header does not begin with '{{'", path_);
  const Json header = Json::parse({reinterpret_cast<const char*>(bytes_.data()) + 8, static_cast<size_t>(length)}, path_ + ": header");
  std::vector<TensorInfo> tensors;
  for (const auto& [name, value] : header.as_object(path_ + ": header")) {
    if (name != "__metadata__") {
      tensors.push_back(parse_info(name, value, path_));
      continue;
    }
    for (const auto& [key, text] : value.as_object(path_ + ": __metadata__"))
      metadata_[key] = text.as_string(fmt::format("{}: metadata '{}'", path_, printable(key)));
  }
  // Tensors must cover the data section exactly: an empty one may share its place with the start of the next.
  std::ranges::stable_sort(tensors, [](const TensorInfo& a, const TensorInfo& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  int64_t at = 0;
  for (const TensorInfo& t : tensors) {
    if (t.begin != at)
      bad_input("{}: tensor '{}' begins at byte {} of the data, {} {}", path_, printable(t.name), t.begin,
                t.begin < at ? "inside another tensor that ends at" : "leaving a hole after byte", at);
    at = t.end;
  }
  if (at > size - data_begin_) bad_input("{}: is cut short: the tensors need {} bytes of data, {} are there", path_, at, size - data_begin_);
  if (at < size - data_begin_) bad_input("{}: has {} bytes after the last tensor", path_, size - data_begin_ - at);
  set_tensors(std::move(tensors));
}

std::optional<Stored> stored_type(const TensorInfo& info) {
  const DTypeWord* word = find_word(info.dtype);
  return word && word->readable ? std::optional(word->stored) : std::nullopt;
}

std::span<const std::byte> SafetensorsFile::raw(const TensorInfo& info) const {
  return bytes_.subspan(static_cast<size_t>(data_begin_ + info.begin), static_cast<size_t>(info.end - info.begin));
}

void SafetensorsFile::forget(const TensorInfo& info) const {
  if (file_) file_->forget(static_cast<size_t>(data_begin_ + info.begin), static_cast<size_t>(info.end - info.begin));
}

void SafetensorsFile::read_ahead(const TensorInfo& info) const {
  if (file_) file_->read_ahead(static_cast<size_t>(data_begin_ + info.begin), static_cast<size_t>(info.end - info.begin));
}

void SafetensorsFile::map(const TensorInfo& info) const {
  if (file_) file_->map(static_cast<size_t>(data_begin_ + info.begin), static_cast<size_t>(info.end - info.begin));
}

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const TensorInfo& t = require(name);
  const Stored stored = require_stored(t);
  const std::byte* data = raw(t).data();
  if (can_borrow(data, stored, false) && t.end > t.begin) {
    // A built-in model has no owner; any live object will do, for a null one would mean "nobody's memory".
    static const auto nobody = std::make_shared<const int>(0);
    return Tensor::borrow(data, t.shape, dtype_of_stored(stored), owner_ ? owner_ : nobody);
  }
  return read_stored(data, t.shape, stored, false, fmt::format("{}: tensor '{}'", path_, printable(name)));
}

SafetensorsWriter::SafetensorsWriter(const std::string& path, const std::vector<Announced>& tensors, const std::vector<std::pair<std::string, std::string>>& metadata)
    : path_(path), tensors_(tensors) {
  static_assert(std::endian::native == std::endian::little, "the writer copies memory; safetensors files are little-endian");
  // The format packs tensors without holes, so 8-byte alignment of all comes from writing wide types first only where
  // the caller orders them so; the data section itself begins at a multiple of 8.
  Json header = Json::object();
  std::set<std::string> seen;
  if (!metadata.empty()) {
    Json m = Json::object();
    for (const auto& [key, value] : metadata) {
      if (!seen.insert(key).second) fail(ErrorKind::internal, "{}: the metadata key '{}' is written twice", path, key);
      m.append(key, value);
    }
    header.append("__metadata__", std::move(m));
  }
  seen = {"__metadata__"};
  int64_t at = 0;
  for (const auto& [name, dtype, dims] : tensors) {
    if (!seen.insert(name).second) fail(ErrorKind::internal, "{}: the tensor name '{}' is written twice", path, name);
    if (!is_utf8(name)) bad_input("{}: the tensor name '{}' is not UTF-8", path, printable(name));
    Json shape = Json::array();
    for (const int64_t d : dims) shape.push(d);
    const int64_t bytes = dims.numel() * size_of(dtype);
    Json entry = Json::object();
    entry.append("dtype", safetensors_word(dtype));
    entry.append("shape", std::move(shape));
    entry.append("data_offsets", Json::Array{at, at + bytes});
    header.append(name, std::move(entry));
    at += bytes;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  file_ = std::make_unique<AtomicFile>(path);
  char length[8];
  for (size_t i = 0; i < 8; i++) length[i] = static_cast<char>(text.size() >> (8 * i) & 255);
  file_->write(length, 8);
  file_->write(text);
}

SafetensorsWriter::~SafetensorsWriter() = default;

void SafetensorsWriter::write(const Tensor& t) {
  const auto whole = [&] { return tensors_[next_].shape.numel() * size_of(tensors_[next_].dtype); };
  while (next_ < tensors_.size() && whole() == 0 && t.numel() > 0) next_++;
  if (next_ >= tensors_.size() || t.dtype() != tensors_[next_].dtype || t.bytes() > whole() - written_)
    fail(ErrorKind::internal, "{}: {} of {} is written where it was not announced", path_, name_of(t.dtype()), t.shape().str());
  const Tensor source = t.on(Device::cpu).contiguous();
  file_->write(source.bytes_begin(), static_cast<size_t>(source.bytes()));
  written_ += t.bytes();
  if (written_ == whole()) next_++, written_ = 0;
}

void SafetensorsWriter::commit() {
  while (next_ < tensors_.size() && tensors_[next_].shape.numel() == 0) next_++;
  if (next_ != tensors_.size()) fail(ErrorKind::internal, "{}: the tensor '{}' was announced and not written", path_, tensors_[next_].name);
  file_->commit();
}

void write_safetensors(const std::string& path, const NamedTensors& tensors, const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::vector<SafetensorsWriter::Announced> announced;
  for (const auto& [name, t] : tensors) announced.push_back({name, t.dtype(), t.shape()});
  SafetensorsWriter writer(path, announced, metadata);
  for (const auto& [name, t] : tensors)
    if (t.numel() > 0) writer.write(t);
  writer.commit();
}

}  // namespace ceir
