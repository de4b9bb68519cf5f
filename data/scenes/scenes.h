// A procedural world of small pictures whose content is known: the ground truth for explanations.
// Same seed, same bytes on every machine (no libm in the drawing).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/image.h"
#include "data/image_set.h"

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

// `train` + `test` pictures; rows are named "scenes:8000:42#17"; the first `train` rows are the training split.
std::unique_ptr<ImageSet> image_set(int64_t train, int64_t test, uint64_t seed);

}  // namespace ceir::scenes
