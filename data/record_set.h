// Data sets whose pictures lie in a few binary files, record by record.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/image_set.h"

namespace ceir {

// A file that is read by position, from any thread; nothing of it stays in memory.
class RecordFile {
 public:
  explicit RecordFile(const std::string& path);  // throws Error(bad_input)
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;
  int64_t bytes() const { return bytes_; }
  const std::string& path() const { return path_; }
  void read(int64_t at, void* to, int64_t bytes) const;  // throws Error(bad_input) when the file has shrunk
  // Number of records of that size; throws Error(bad_input) unless the file is a whole number of them, and not empty.
  int64_t records(int64_t record_bytes) const;
  std::string sha256() const;

 private:
  std::string path_;
  int descriptor_;
  int64_t bytes_;
};

// One file of pictures. Pixels of record i begin at i * record + pixels: three planes, red, green, blue, each of
// side * side bytes, row by row, or column by column.
struct RecordPart {
  std::unique_ptr<RecordFile> file;
  int64_t record, pixels;
  std::vector<uint8_t> labels;  // one a record, 0-based
  Split split;
};

struct RecordLayout {
  std::string name;
  int side;
  bool by_columns;
  std::vector<std::string> classes;
  std::vector<RecordPart> parts;
  std::vector<std::unique_ptr<RecordFile>> others;  // files that only the content key covers: labels
  std::string variant;                              // what else the key depends on: which labels
};

// Checks all labels against the classes: Error(bad_input) "train.bin: record 17 has label 100, ..."
std::unique_ptr<ImageSet> record_set(RecordLayout layout);

// Whether `folder` looks like the data set (also compressed, or in another version), and opening it.
bool looks_like_cifar10(const std::string& folder);
bool looks_like_cifar100(const std::string& folder);
bool looks_like_stl10(const std::string& folder);
std::unique_ptr<ImageSet> open_cifar10(const std::string& folder);
std::unique_ptr<ImageSet> open_cifar100(const std::string& folder, bool coarse);
std::unique_ptr<ImageSet> open_stl10(const std::string& folder);

// Class names, one a line; the last lines may be empty. Throws Error(bad_input) unless there are `count` of them.
std::vector<std::string> read_class_names(const std::string& path, size_t count);
// Throws the sentence that helps when `folder`/`file` is not there but a packed form of it is, or is missing altogether.
void require_binary(const std::string& folder, const std::string& file, const char* archive);

}  // namespace ceir
