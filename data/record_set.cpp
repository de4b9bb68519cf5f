#include "data/record_set.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "data/image_files.h"
#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "tensor/io/file.h"
#include "tensor/io/sha256.h"

namespace ceir {

RecordFile::RecordFile(const std::string& path) : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat s;
  if (descriptor_ < 0) bad_input("{}: cannot be read ({})", path, std::strerror(errno));
  if (::fstat(descriptor_, &s) != 0 || !S_ISREG(s.st_mode)) {
    ::close(descriptor_);
    bad_input("{}: is not a file", path);
  }
  bytes_ = s.st_size;
}

RecordFile::~RecordFile() { ::close(descriptor_); }

void RecordFile::read(int64_t at, void* to, int64_t bytes) const {
  char* p = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t n = ::pread(descriptor_, p, static_cast<size_t>(bytes), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) bad_input("{}: cannot be read ({})", path_, std::strerror(errno));
    if (n == 0) bad_input("{}: became shorter while it was read", path_);
    p += n, at += n, bytes -= n;
  }
}

int64_t RecordFile::records(int64_t record_bytes) const {
  if (bytes_ == 0 || bytes_ % record_bytes != 0)
    bad_input("{}: {} bytes are not a whole number of records of {} bytes (record {} is cut short); get the file again", path_, bytes_,
              record_bytes, bytes_ / record_bytes);
  return bytes_ / record_bytes;
}

std::string RecordFile::sha256() const {
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  for (int64_t at = 0; at < bytes_;) {
    throw_if_interrupted();
    const int64_t n = std::min<int64_t>(bytes_ - at, static_cast<int64_t>(buffer.size()));
    read(at, buffer.data(), n);
    hash.update(buffer.data(), static_cast<size_t>(n));
    at += n;
  }
  return hash.hex();
}

namespace {

class RecordSet final : public ImageSet {
 public:
  explicit RecordSet(RecordLayout layout) : l_(std::move(layout)) {
    for (const RecordPart& p : l_.parts) {
      begins_.push_back(size_);
      size_ += static_cast<int64_t>(p.labels.size());
    }
  }
  int64_t size() const override { return size_; }
  std::string path(int64_t i) const override {
    const auto [part, record] = at(i);
    return fmt::format("{}#{}", last_component(part.file->path()), record);
  }
  Image load(int64_t i, const DecodeOptions&) const override {
    const auto [part, record] = at(i);
    const size_t side = static_cast<size_t>(l_.side), plane = side * side;
    std::vector<uint8_t> planes(3 * plane);
    part.file->read(record * part.record + part.pixels, planes.data(), static_cast<int64_t>(planes.size()));
    Image image;
    image.width = image.height = l_.side;
    image.pixels.resize(planes.size());
    uint8_t* out = image.pixels.data();
    for (size_t y = 0; y < side; y++)
      for (size_t x = 0; x < side; x++)
        for (size_t c = 0; c < 3; c++) *out++ = planes[c * plane + (l_.by_columns ? x * side + y : y * side + x)];
    return image;
  }
  Split split(int64_t i) const override { return at(i).first.split; }
  int64_t label(int64_t i) const override {
    const auto [part, record] = at(i);
    return part.labels[static_cast<size_t>(record)];
  }
  const std::vector<std::string>& classes() const override { return l_.classes; }
  std::string name() const override { return l_.name; }

  std::string content_key() const override {
    std::lock_guard lock(mutex_);
    if (!key_.empty()) return key_;
    std::vector<const RecordFile*> files;
    for (const RecordPart& p : l_.parts) files.push_back(p.file.get());
    for (const auto& f : l_.others) files.push_back(f.get());
    std::vector<std::string> hashes(files.size());
    parallel_for(static_cast<int64_t>(files.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) hashes[static_cast<size_t>(i)] = files[static_cast<size_t>(i)]->sha256();
    });
    Sha256 all;
    all.update(l_.name + " " + l_.variant);
    for (const std::string& h : hashes) all.update(h);
    for (const std::string& c : l_.classes) all.update(c.data(), c.size() + 1);
    return key_ = all.hex();
  }

 private:
  std::pair<const RecordPart&, int64_t> at(int64_t i) const {
    size_t p = l_.parts.size() - 1;
    while (begins_[p] > i) p--;
    return {l_.parts[p], i - begins_[p]};
  }

  RecordLayout l_;
  std::vector<int64_t> begins_;
  int64_t size_ = 0;
  mutable std::mutex mutex_;
  mutable std::string key_;
};

}  // namespace

std::unique_ptr<ImageSet> record_set(RecordLayout layout) {
  for (const RecordPart& p : layout.parts)
    for (size_t i = 0; i < p.labels.size(); i++)
      if (p.labels[i] >= layout.classes.size())
        bad_input("{}: record {} has label {}, but there are {} classes; is the file damaged?", p.file->path(), i, p.labels[i], layout.classes.size());
  return std::make_unique<RecordSet>(std::move(layout));
}

std::vector<std::string> read_class_names(const std::string& path, size_t count) {
  std::vector<std::string> names = read_lines(path);
  while (!names.empty() && names.back().empty()) names.pop_back();
  if (names.size() != count) bad_input("{}: {} class names, expected {}", path, names.size(), count);
  for (size_t i = 0; i < count; i++)
    if (names[i].empty()) bad_input("{}: line {} is empty, expected a class name", path, i + 1);
  return names;
}

void require_binary(const std::string& folder, const std::string& file, const char* archive) {
  const std::string path = folder + "/" + file;
  if (is_file(path)) return;
  for (const auto& [suffix, command] : {std::pair("xz", "xz -dk"), std::pair("gz", "gzip -dk"), std::pair("bz2", "bzip2 -dk"), std::pair("zst", "zstd -d")})
    if (is_file(path + "." + suffix)) bad_input("{}.{}: the data set is still packed; unpack it first: {} *.{}", path, suffix, command, suffix);
  const std::string stem = file.substr(0, file.rfind('.'));
  if (is_file(folder + "/" + stem + ".mat")) bad_input("{}/{}.mat: this is the Matlab version; the binary version is read: get {} and unpack it with tar xzf", folder, stem, archive);
  if (is_file(folder + "/" + stem)) bad_input("{}/{}: this is the Python version; the binary version is read: get {} and unpack it with tar xzf", folder, stem, archive);
  bad_input("{}: is missing; the binary version ({}) holds it", path, archive);
}

}  // namespace ceir
