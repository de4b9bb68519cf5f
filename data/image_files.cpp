#include "data/image_files.h"

#include <sys/stat.h>

#include <mutex>

#include "kernels/base/interrupt.h"
#include "tensor/io/sha256.h"

namespace ceir {
namespace {

class FileSet final : public ImageSet {
 public:
  explicit FileSet(FileList files) : f_(std::move(files)) {}
  int64_t size() const override { return static_cast<int64_t>(f_.paths.size()); }
  std::string path(int64_t i) const override { return f_.paths[static_cast<size_t>(i)]; }
  Image load(int64_t i, const DecodeOptions& options) const override { return load_image(f_.paths[static_cast<size_t>(i)], options); }
  Split split(int64_t i) const override { return f_.splits.empty() ? Split::none : f_.splits[static_cast<size_t>(i)]; }
  int64_t label(int64_t i) const override { return f_.labels.empty() ? -1 : f_.labels[static_cast<size_t>(i)]; }
  const std::vector<std::string>& classes() const override { return f_.classes; }
  std::string name() const override { return f_.name; }

  // Names, sizes and times of change: a picture that was replaced has another time.
  std::string content_key() const override {
    std::lock_guard lock(mutex_);
    if (!key_.empty()) return key_;
    Sha256 hash;
    hash.update("files");
    for (size_t i = 0; i < f_.paths.size(); i++) {
      if (i % 1024 == 0) throw_if_interrupted();
      const std::string& path = f_.paths[i];
      struct stat s{};
      const bool there = ::stat(path.c_str(), &s) == 0;
      const int64_t numbers[4] = {there ? 1 : 0, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
      const size_t skip = path.starts_with(f_.root) ? f_.root.size() : 0;
      hash.update(path.data() + skip, path.size() - skip + 1);  // with its NUL
      hash.update(numbers, sizeof numbers);
      const int64_t kind[2] = {label(static_cast<int64_t>(i)), static_cast<int64_t>(split(static_cast<int64_t>(i)))};
      hash.update(kind, sizeof kind);
    }
    return key_ = hash.hex();
  }

 private:
  FileList f_;
  mutable std::mutex mutex_;
  mutable std::string key_;
};

class Subset final : public ImageSet {
 public:
  Subset(std::unique_ptr<ImageSet> all, std::vector<int64_t> rows, std::string tag)
      : all_(std::move(all)), rows_(std::move(rows)), tag_(std::move(tag)) {}
  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  std::string path(int64_t i) const override { return all_->path(at(i)); }
  Image load(int64_t i, const DecodeOptions& options) const override { return all_->load(at(i), options); }
  Split split(int64_t i) const override { return all_->split(at(i)); }
  int64_t label(int64_t i) const override { return all_->label(at(i)); }
  const std::vector<std::string>& classes() const override { return all_->classes(); }
  const std::vector<std::string>& attribute_names() const override { return all_->attribute_names(); }
  std::vector<int64_t> attributes(int64_t i) const override { return all_->attributes(at(i)); }
  std::string name() const override { return all_->name(); }
  std::string content_key() const override { return all_->content_key() + tag_; }

 private:
  int64_t at(int64_t i) const { return rows_[static_cast<size_t>(i)]; }
  std::unique_ptr<ImageSet> all_;
  std::vector<int64_t> rows_;
  std::string tag_;
};

}  // namespace

std::unique_ptr<ImageSet> file_set(FileList files) { return std::make_unique<FileSet>(std::move(files)); }

std::unique_ptr<ImageSet> split_of(std::unique_ptr<ImageSet> all, Split split) {
  const char* tag = split == Split::train ? "train" : "test";
  std::vector<int64_t> rows;
  bool any = false;
  for (int64_t i = 0; i < all->size(); i++) {
    any = any || all->split(i) != Split::none;
    if (all->split(i) == split) rows.push_back(i);
  }
  if (!any) usage_error("--split {}: '{}' has no training and test part; leave --split out or give train/ and test/ folders", tag, all->name());
  if (rows.empty()) bad_input("--split {}: '{}' has no pictures in that part", tag, all->name());
  return std::make_unique<Subset>(std::move(all), std::move(rows), std::string("-") + tag);
}

}  // namespace ceir
