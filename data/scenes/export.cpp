// A world on disk: pictures by class, and the truth beside them.
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <mutex>

#include "data/scenes/scenes.h"
#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "kernels/base/threads.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"

namespace ceir::scenes {
namespace {

std::string lines(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& s : list) text += s + "\n";
  return text;
}

void write_plainly(const std::filesystem::path& path, std::string_view bytes) {  // the folder is renamed as a whole
  std::FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (!file || (std::fclose(file) != 0) || !written)
    fail(ErrorKind::resource, "{}: cannot be written; is the disk full?", path.string());
}

}  // namespace

void export_world(const std::string& folder, int64_t train, int64_t test, uint64_t seed, Monitor* monitor) {
  namespace fs = std::filesystem;
  const World world(train, test, seed);
  const fs::path target(folder), partial(folder + ".partial");
  if (fs::exists(target)) bad_input("{}: exists already; remove it, or choose another name", folder);
  std::error_code error;
  fs::remove_all(partial, error);
  if (!fs::create_directories(partial, error) || error) bad_input("{}: cannot be made: {}", partial.string(), error.message());
  try {
    for (const char* split : {"train", "test"})
      for (const std::string& name : class_names())
        if ((split[1] == 'r' ? train : test) > 0) fs::create_directories(partial / split / name);
    std::vector<std::string> truth(static_cast<size_t>(world.size()));
    constexpr int64_t block = 512;  // pictures between looks at Ctrl-C
    for (int64_t start = 0; start < world.size(); start += block) {
      parallel_for(std::min(block, world.size() - start), 8, [&](int64_t begin, int64_t end) {
        for (int64_t i = start + begin; i < start + end; i++) {
          const Scene scene = world.scene(i);
          const std::string path = fmt::format("{}/{}/{:06}.png", i < train ? "train" : "test", class_names()[static_cast<size_t>(scene.label)], i);
          write_plainly(partial / path, encode_png(scene.image));
          truth[static_cast<size_t>(i)] = truth_line(path, scene);
        }
      });
      throw_if_interrupted();
      report(monitor, "drawing", std::min(start + block, world.size()), world.size(), "pictures");
    }
    write_plainly(partial / "truth.jsonl", lines(truth));
    write_plainly(partial / "concepts.txt", lines(concept_list()));
    write_plainly(partial / "attributes.txt", lines(attributes()));
    fs::rename(partial, target);
  } catch (...) {
    fs::remove_all(partial, error);
    throw;
  }
}

}  // namespace ceir::scenes
