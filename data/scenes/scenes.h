// A procedural world of small pictures whose content is known: the ground truth for explanations.
// Same seed, same bytes on every machine (no libm in the drawing).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/image.h"
#include "data/image_set.h"
#include "kernels/base/monitor.h"

namespace ceir::scenes {

// The world itself belongs to the version, not to a seed.
const std::vector<std::string>& class_names();
const std::vector<std::string>& attributes();   // everything that can be visible; also the names used in captions
const std::vector<std::string>& distractors();  // never drawn; the first half occurs as rare caption noise, the rest nowhere
std::vector<std::string> concept_list();        // attributes and distractors, sorted: the built-in CONCEPTS `scenes`

constexpr int picture_size = 64;  // pixels, square

struct Scene {
  Image image;                     // picture_size x picture_size RGB
  int64_t label;                   // class
  std::vector<int64_t> attributes; // visible ones, ascending indices into attributes()
  std::string caption;             // names a random part of what is visible, never the class
};

// Picture `index` of the world `seed`: any picture can be drawn without the others, from any thread.
Scene draw(uint64_t seed, uint64_t index);

// The same picture with several captions, the first of them scene.caption: people would describe it differently, too.
std::vector<std::string> draw_captioned(uint64_t seed, uint64_t index, int captions, Image& image);

// The class alone, without drawing.
int64_t label_of(uint64_t seed, uint64_t index);

// A line of truth.jsonl, without its end: {path, class, attributes[], caption}.
std::string truth_line(const std::string& path, const Scene& scene);

// A world as a set of pictures. Whoever needs the truth behind an ImageSet asks dynamic_cast<const World*>.
class World : public ImageSet {
 public:
  static constexpr int64_t limit = 100'000'000;
  static constexpr int version = 1;  // of what is drawn: to be raised whenever a picture or a caption changes
  World(int64_t train, int64_t test, uint64_t seed);  // throws Error(usage) for no pictures or too many
  int64_t size() const override { return train_ + test_; }
  std::string path(int64_t i) const override;
  Image load(int64_t i, const DecodeOptions& options) const override;
  Split split(int64_t i) const override;
  int64_t label(int64_t i) const override;
  const std::vector<std::string>& classes() const override;
  const std::vector<std::string>& attribute_names() const override;
  std::vector<int64_t> attributes(int64_t i) const override;  // draws the picture
  std::string name() const override { return "scenes"; }
  std::string content_key() const override;
  Scene scene(int64_t i) const;  // picture and truth
  uint64_t seed() const { return seed_; }

 private:
  int64_t train_, test_;
  uint64_t seed_;
};

// `train` + `test` pictures; rows are named "scenes:8000:42#17"; the first `train` rows are the training split.
std::unique_ptr<ImageSet> image_set(int64_t train, int64_t test, uint64_t seed);

// Writes PNGs as train/CLASS/000017.png and test/CLASS/..., truth.jsonl, concepts.txt and attributes.txt into
// FOLDER.partial, then renames it. Throws Error(bad_input) when `folder` exists or cannot be made.
void export_world(const std::string& folder, int64_t train, int64_t test, uint64_t seed, Monitor* monitor = nullptr);

}  // namespace ceir::scenes
