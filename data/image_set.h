// Whatever IMAGES names on the command line: a file, a folder, an ImageFolder, CIFAR or STL binaries, scenes:N, stdin.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/image.h"

namespace ceir {

enum class Split : uint8_t { none, train, test };

// A list of pictures that are decoded one by one, from any thread.
class ImageSet {
 public:
  virtual ~ImageSet() = default;
  virtual int64_t size() const = 0;
  virtual std::string path(int64_t i) const = 0;    // as the user would write it; "data_batch_1.bin#17" for archives
  virtual Image load(int64_t i, const DecodeOptions& options) const = 0;  // throws Error(bad_input): this picture is skipped
  virtual Split split(int64_t) const { return Split::none; }
  virtual int64_t label(int64_t) const { return -1; }            // -1: unknown
  virtual const std::vector<std::string>& classes() const = 0;   // empty: unknown
  // Known truth (the drawn world): names of what can be visible, and what is visible in picture i (ascending indices).
  virtual const std::vector<std::string>& attribute_names() const;  // empty: unknown
  virtual std::vector<int64_t> attributes(int64_t) const { return {}; }
  virtual std::string name() const = 0;                          // for run folders: "cifar10"
  // A key of the content without decoding it: paths, sizes and times for folders, hashes for archives, the recipe for scenes.
  virtual std::string content_key() const = 0;
};

struct ImageSetOptions {
  std::string kind;          // "", images, cifar10, cifar100, stl10 (--dataset)
  std::string split = "all";  // train, test, all
  std::string labels = "fine";  // CIFAR-100: fine, coarse
  bool nul_separated = false;   // "-0"
};

// Recognises `what`; throws Error(bad_input) with what was looked for and what to do.
std::unique_ptr<ImageSet> open_images(const std::string& what, const ImageSetOptions& options = {});

}  // namespace ceir
