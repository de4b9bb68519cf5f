#include "weights/pickled_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/base/checked.h"
#include "tensor/io/file.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

constexpr int64_t longest_pickle = int64_t{64} << 20;   // 100,000 tensors take about 10 MB

}  // namespace

PickledFile::PickledFile(const std::string& path) {
  path_ = printable(path, 4096);
  file_ = std::make_shared<const MappedFile>(path);
  owner_ = file_;
  bytes_ = file_->bytes();
  open();
}

PickledFile::PickledFile(std::span<const std::byte> bytes, std::string display_name, std::shared_ptr<const void> owner) : owner_(std::move(owner)), bytes_(bytes) {
  path_ = std::move(display_name);
  open();
}

const char* PickledFile::layout_name() const {
  switch (layout_) {
    case Layout::zip: return "PyTorch checkpoint";
    case Layout::torchscript: return "TorchScript archive";
    case Layout::legacy: return "PyTorch checkpoint (before torch 1.6)";
  }
  return "";
}

void PickledFile::open() {
  const std::string_view s(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
  if (s.starts_with("PK")) return open_zip();
  if (s.starts_with('\x80')) return open_legacy();
  if (s.size() > 262 && s.substr(257, 5) == "ustar") bad_input("{}: a checkpoint of torch before 0.1.10 (a tar archive), which is not read; save it again with a newer torch", path_);
  bad_input("{}: is no checkpoint of torch.save or torch.jit.save: it begins neither as a zip archive nor as a pickle", path_);
}

// NAME/data.pkl, NAME/data/KEY for every storage, NAME/byteorder; TorchScript has NAME/constants.pkl and NAME/code/ too.
void PickledFile::open_zip() {
  zip_ = std::make_unique<ZipArchive>(bytes_, path_);
  const ZipMember* pickle = nullptr;
  for (const ZipMember& m : zip_->members()) {
    const size_t slash = m.name.find('/');
    if (slash == std::string::npos || m.name.substr(slash) != "/data.pkl") continue;
    if (pickle) bad_input("{}: holds two checkpoints, '{}' and '{}'", path_, printable(pickle->name), printable(m.name));
    pickle = &m;
  }
  if (!pickle) bad_input("{}: a zip archive without data.pkl, so it is no checkpoint of torch.save or torch.jit.save", path_);
  const std::string root = pickle->name.substr(0, pickle->name.size() - std::strlen("data.pkl"));
  if (zip_->find(root + "constants.pkl")) layout_ = Layout::torchscript;
  if (const ZipMember* order = zip_->find(root + "byteorder")) {
    const std::vector<std::byte> text = zip_->read(*order, 64);
    const std::string_view word(reinterpret_cast<const char*>(text.data()), text.size());
    if (word != "little") bad_input("{}: its numbers are {}-endian; save it again on a little-endian machine", path_, printable(word));
  }
  const std::vector<std::byte> stream = zip_->read(*pickle, longest_pickle);
  const Pickle values = read_pickle(stream, path_, layout_ == Layout::torchscript);
  if (values.bytes != stream.size()) bad_input("{}: {} bytes after the end of its pickle", path_, stream.size() - values.bytes);
  storages_ = values.storages;
  for (const PickledStorage& s : storages_) {
    const ZipMember* m = zip_->find(root + "data/" + s.key);
    const int64_t bytes = s.elements * s.element_bytes;
    if (!m) bad_input("{}: storage '{}' is missing; is the file cut short?", path_, printable(s.key));
    if (m->size != bytes) bad_input("{}: storage '{}' has {} bytes, its pickle says {}", path_, printable(s.key), m->size, bytes);
    // Weights hardly compress: megabytes from next to nothing are there to fill the memory.
    if (m->deflated && m->size > (int64_t{64} << 20) && m->size / 100 > m->compressed)
      bad_input("{}: storage '{}' inflates {} bytes to {}, which weights never do; the archive is made to fill the memory", path_, printable(s.key), m->compressed, m->size);
    records_[s.key] = {m, m->deflated ? std::span<const std::byte>() : zip_->stored(*m)};
  }
  flatten(values);
}

// A magic number, the protocol, the machine, the object, the keys of the storages: five pickles. Then the storages in the
// order of the keys, each with its number of elements before it (torch/serialization.py, _legacy_save).
void PickledFile::open_legacy() {
  layout_ = Layout::legacy;
  size_t at = 0;
  const auto next = [&] {
    Pickle p = read_pickle(bytes_.subspan(at, std::min(bytes_.size() - at, static_cast<size_t>(longest_pickle))), path_, false);
    at += p.bytes;
    return p;
  };
  constexpr std::string_view magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);   // 0x1950a86a20f9469cfc6c
  if (const Pickle p = next(); p.top().kind != PickleKind::huge_integer || p.top().text != magic)
    bad_input("{}: a pickle, but not one of torch.save; only checkpoints of PyTorch can be read", path_);
  if (const Pickle p = next(); p.top().kind != PickleKind::integer || p.top().integer != 1001) bad_input("{}: a checkpoint of an unknown version of torch.save", path_);
  if (const Pickle p = next(); const PickleValue* little = p.find(p.top(), "little_endian"))
    if (!little->integer) bad_input("{}: its numbers are big-endian; save it again on a little-endian machine", path_);
  const Pickle values = next(), keys = next();
  storages_ = values.storages;
  std::map<std::string_view, const PickledStorage*> by_key;
  for (const PickledStorage& s : storages_) by_key[s.key] = &s;
  if (keys.top().kind != PickleKind::list) bad_input("{}: has no list of storages after its pickle", path_);
  for (const uint32_t i : keys.top().items) {
    const std::string_view key = keys.at(i).text;
    const auto it = by_key.find(key);
    if (keys.at(i).kind != PickleKind::text || it == by_key.end()) bad_input("{}: holds a storage '{}' that its pickle does not name", path_, printable(key));
    const PickledStorage& s = *it->second;
    if (bytes_.size() - at < 8) bad_input("{}: storage '{}' is missing; is the file cut short?", path_, printable(key));
    int64_t elements;
    std::memcpy(&elements, bytes_.data() + at, 8);
    at += 8;
    if (elements != s.elements) bad_input("{}: storage '{}' has {} elements, its pickle says {}", path_, printable(key), elements, s.elements);
    const size_t bytes = static_cast<size_t>(elements * s.element_bytes);
    if (bytes > bytes_.size() - at) bad_input("{}: storage '{}' is cut short: it needs {} bytes, {} are there", path_, printable(key), bytes, bytes_.size() - at);
    if (!records_.emplace(s.key, Record{nullptr, bytes_.subspan(at, bytes)}).second) bad_input("{}: the storage '{}' is there twice", path_, printable(key));
    at += bytes;
  }
  for (const PickledStorage& s : storages_) {
    const auto it = records_.find(s.key);
    if (it == records_.end()) bad_input("{}: storage '{}' is missing; is the file cut short?", path_, printable(s.key));
    if (static_cast<int64_t>(it->second.bytes.size()) != s.elements * s.element_bytes) bad_input("{}: storage '{}' is named with two sizes", path_, printable(s.key));
  }
  if (at != bytes_.size()) bad_input("{}: {} bytes after the last storage", path_, bytes_.size() - at);
  flatten(values);
}

const PickledTensor& PickledFile::placed(const TensorInfo& info) const {
  const auto it = order_.find(info.name);
  if (it == order_.end()) fail(ErrorKind::internal, "{}: no tensor '{}'", path_, printable(info.name));
  return places_[it->second];
}

bool PickledFile::strided(const TensorInfo& info) const {
  const PickledTensor& t = placed(info);
  const Strides plain = contiguous_strides(t.shape);
  for (int i = 0; i < t.shape.rank(); i++)
    if (t.shape[i] > 1 && t.strides[static_cast<size_t>(i)] != plain[static_cast<size_t>(i)]) return true;
  return false;
}

// The bytes from a tensor's first element to its last, the record's CRC checked when it is used for the first time.
std::span<const std::byte> PickledFile::storage_bytes(const PickledTensor& t, std::shared_ptr<const void>& owner) const {
  const std::string& key = storages_[t.storage].key;
  const Record& record = records_.find(key)->second;
  std::span<const std::byte> all = record.bytes;
  static const auto nobody = std::make_shared<const int>(0);
  owner = owner_ ? owner_ : nobody;
  const std::lock_guard lock(mutex_);
  if (record.deflated()) {
    if (inflated_key_ != key || !inflated_) {
      inflated_ = std::make_shared<const std::vector<std::byte>>(zip_->read(*record.member, record.member->size));
      inflated_key_ = key;
    }
    all = *inflated_;
    owner = inflated_;
  } else if (record.member && !checked_.contains(key)) {
    zip_->check_crc(*record.member);
    checked_[key] = true;
  }
  return all.subspan(static_cast<size_t>(t.offset * t.element_bytes), static_cast<size_t>(t.span * t.element_bytes));
}

Tensor PickledFile::tensor(const std::string& name) const {
  const TensorInfo& info = require(name);
  const Stored stored = require_stored(info);
  const PickledTensor& t = placed(info);
  if (t.span == 0) return Tensor::empty(t.shape, dtype_of_stored(stored));
  std::shared_ptr<const void> owner;
  const std::span<const std::byte> bytes = storage_bytes(t, owner);
  const Shape line{t.span};
  const Tensor all = can_borrow(bytes.data(), stored, false) ? Tensor::borrow(bytes.data(), line, dtype_of_stored(stored), std::move(owner))
                                                             : read_stored(bytes.data(), line, stored, false, fmt::format("{}: tensor '{}'", path_, printable(name)));
  return all.view(t.shape, t.strides, 0);
}

void PickledFile::forget(const TensorInfo& info) const {
  const PickledTensor& t = placed(info);
  const Record& record = records_.find(storages_[t.storage].key)->second;
  if (!file_ || record.bytes.empty()) return;
  file_->forget(static_cast<size_t>(record.bytes.data() - bytes_.data()) + static_cast<size_t>(t.offset * t.element_bytes), static_cast<size_t>(t.span * t.element_bytes));
}

std::span<const std::byte> PickledFile::raw(const TensorInfo& info, std::vector<std::byte>& buffer) const {
  const PickledTensor& t = placed(info);
  if (t.span == 0) return {};
  std::shared_ptr<const void> owner;
  const std::span<const std::byte> bytes = storage_bytes(t, owner);
  const size_t size = static_cast<size_t>(t.element_bytes);
  if (!strided(info) && !records_.find(storages_[t.storage].key)->second.deflated()) return bytes;   // else another thread may inflate the next
  buffer.resize(static_cast<size_t>(t.shape.numel()) * size);
  std::array<int64_t, Shape::max_rank> index{};
  for (size_t out = 0; out < buffer.size(); out += size) {
    int64_t at = 0;
    for (int i = 0; i < t.shape.rank(); i++) at += index[static_cast<size_t>(i)] * t.strides[static_cast<size_t>(i)];
    std::memcpy(buffer.data() + out, bytes.data() + static_cast<size_t>(at) * size, size);
    for (int i = t.shape.rank() - 1; i >= 0 && ++index[static_cast<size_t>(i)] == t.shape[i]; i--) index[static_cast<size_t>(i)] = 0;
  }
  return buffer;
}

}  // namespace ceir
