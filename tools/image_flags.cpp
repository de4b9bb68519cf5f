#include "tools/image_flags.h"

#include "kernels/base/error.h"

namespace ceir {

void ImageFlags::define(Flags& flags) {
  flags.positional("IMAGES", positional, "a file, a folder, an ImageFolder, a CIFAR or STL-10 folder, scenes:N[:SEED], or - (paths on stdin)", false);
  flags.option("--images", named, "the same as IMAGES");
  flags.choice("--dataset", dataset, {"", "images", "cifar10", "cifar100", "stl10"}, "read IMAGES as this kind");
  flags.choice("--split", split, {"train", "test", "all"}, "which split of a data set");
  flags.choice("--labels", labels, {"fine", "coarse"}, "classes of CIFAR-100: 100 fine or 20 coarse");
  flags.choice("--exif", exif, {"apply", "ignore"}, "turn pictures by their EXIF orientation");
  flags.flag("-0", nul, "paths on stdin end with NUL");
}

ImageSetOptions ImageFlags::options() const {
  ImageSetOptions o;
  o.kind = dataset;
  o.split = split;
  o.labels = labels;
  o.nul_separated = nul;
  return o;
}

std::unique_ptr<ImageSet> ImageFlags::open() const {
  if (!given()) usage_error("no IMAGES given: name a folder, a data set, scenes:N, or - for paths on stdin");
  if (!positional.empty() && !named.empty()) usage_error("IMAGES is given twice: '{}' and --images '{}'", positional, named);
  return open_images(what(), options());
}

int report_skipped(Context& context, int64_t good, int64_t skipped, const std::string& listed_in) {
  if (skipped == 0) return 0;
  context.warn(fmt::format("{} of {} images could not be read and are left out; {} says why", skipped, good + skipped, listed_in));
  return 4;
}

std::string npy_base(const std::string& path) {
  if (!path.ends_with(".npy") || path.size() == 4) usage_error("'{}' should be the name of a .npy file", path);
  return path.substr(0, path.size() - 4);
}

int dry_run(Context& context, const std::string& what) {
  context.result("would " + what + "\n", Json::object().set("dry_run", true).set("would", what));
  return 0;
}

}  // namespace ceir
